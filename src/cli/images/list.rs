//! The list of `dtpl images` without a reference: the best image of each stack, then all, by stack.

use super::{ImageLookup, Recipient, joined, status};
use crate::cli::args::ImagesArgs;
use crate::cli::{CommandStatus, Session, output, usage};
use crate::diagnostic::{Diagnostic, Place};
use crate::error::Error;
use crate::image::{Availability, Family, Knowledge, Maintenance, Platform, Reference};
use crate::nearest::did_you_mean;
use crate::text_table;

/// Which images are listed.
struct Filter<'a> {
    command: &'a ImagesArgs,
    lookup: &'a ImageLookup<'a>,
}

impl Filter<'_> {
    /// Whether an image is one of those that are wanted.
    fn takes(&self, reference: &Reference) -> bool {
        let ImagesArgs { slim, distro, maintained, exact, .. } = self.command;
        let has_word =
            |word: &str| reference.tag().is_some_and(|tag| tag.split('-').any(|piece| piece == word));
        let catalogue = &self.lookup.catalogue;
        if *slim && !has_word("slim") {
            return false;
        }
        if distro.as_ref().is_some_and(|distro| catalogue.distro_of(reference) != Some(distro)) {
            return false;
        }
        if !maintained && !exact {
            return true;
        }
        let known = catalogue.about(reference);
        let is_exact = |wanted: &Recipient| {
            catalogue.availability_of(reference, &known, wanted.arch).availability == Availability::Exact
        };
        (!maintained || known.status == Maintenance::Maintained)
            && (!exact || self.lookup.wanted.iter().all(is_exact))
    }

    /// Whether balena's old images are listed: no filter of maintained ones leaves any.
    fn takes_old(&self) -> bool {
        !self.command.slim && !self.command.maintained && self.command.distro.is_none()
    }
}

impl ImageLookup<'_> {
    /// What there is: the best of each stack for the devices, how many these are, then all.
    pub(super) fn list(
        &self,
        command: &ImagesArgs,
        session: &Session,
    ) -> anyhow::Result<(Vec<Reference>, usize)> {
        let stack = command.stack.as_deref();
        if stack.is_none() && self.wanted.is_empty() {
            let help = "give a reference, such as python:3.12-slim, or list with --stack, --device or --arch";
            return Err(usage(Place::CommandLine, "no image given", help));
        }
        let fault = |message: String| Diagnostic::error(session.place_of("--stack"), message);
        let filter = Filter { command, lookup: self };
        if let Some(family) = Family::BALENA.into_iter().find(|family| Some(family.name()) == stack) {
            if self.wanted.is_empty() {
                let help = "the names hold a device type or an arch: add -d SLUG or -A ARCH";
                return Err(usage(session.place_of("--stack"), "which device?", help));
            }
            let repositories = self.wanted.iter().flat_map(|wanted| self.repositories(family, wanted, None));
            let found: Vec<Reference> = repositories.collect();
            if found.is_empty() {
                let message = format!("there is no {} image for {}", family.name(), self.names());
                return Err(Error::input(fault(message)).into());
            }
            return Ok((found, 0));
        }
        let listed = |arch| {
            self.catalogue.list(stack, arch).map_err(|near| {
                let help = near.unwrap_or_else(|| "`dtpl images --arch amd64` lists all images".to_owned());
                Error::input(fault(format!("no image carries `{}`", stack.unwrap_or_default())).help(help))
            })
        };
        let all = match self.wanted.is_empty() {
            true => listed(None)?,
            false => {
                let (mut all, mut arches) = (Vec::new(), std::collections::BTreeSet::new());
                for wanted in self.wanted.iter().filter(|wanted| arches.insert(&wanted.arch.slug)) {
                    all.extend(listed(Some(wanted.arch))?);
                }
                all
            }
        };
        // What users say of images of their own goes before the tables.
        let mut references = self.own(stack, &filter);
        for best in self.best(stack, &filter) {
            if !references.contains(&best) {
                references.push(best);
            }
        }
        let best = references.len();
        let mut seen: std::collections::BTreeSet<Reference> = references.iter().cloned().collect();
        let mut add = |reference: Reference| {
            if seen.insert(reference.clone()) {
                references.push(reference);
            }
        };
        all.into_iter().filter(|reference| filter.takes(reference)).for_each(&mut add);
        if filter.takes_old() {
            for wanted in &self.wanted {
                self.repositories(Family::Balenalib, wanted, stack).into_iter().for_each(&mut add);
            }
        }
        if references.is_empty() {
            if let Some(distro) = &command.distro
                && !self.catalogue.distros().contains(&distro.as_str())
            {
                let near = did_you_mean(distro, self.catalogue.distros());
                let message = format!("no image is on `{distro}`");
                return Err(Error::input(
                    Diagnostic::error(session.place_of("--distro"), message).helps(near),
                )
                .into());
            }
            let is_filtered = command.slim || command.distro.is_some() || command.maintained || command.exact;
            let such = if is_filtered { "such " } else { "" };
            let of = if self.wanted.is_empty() { String::new() } else { format!(" for {}", self.names()) };
            let message = format!("there is no {such}{} image{of}", stack.unwrap_or("base"));
            return Err(Error::input(fault(message)).into());
        }
        Ok((references, best))
    }

    /// The images of images files for the devices.
    fn own(&self, stack: Option<&str>, filter: &Filter) -> Vec<Reference> {
        let mut own: Vec<Reference> = Vec::new();
        for wanted in &self.wanted {
            let Some(platform) = Platform::parse(&wanted.arch.platform) else { continue };
            for reference in self.catalogue.own_images(&wanted.name, &platform, stack) {
                if filter.takes(&reference) && !own.contains(&reference) {
                    own.push(reference);
                }
            }
        }
        own
    }

    /// The best of each stack, or of one, for all devices together.
    fn best(&self, stack: Option<&str>, filter: &Filter) -> Vec<Reference> {
        let platforms: std::collections::BTreeSet<Platform> =
            self.wanted.iter().filter_map(|wanted| Platform::parse(&wanted.arch.platform)).collect();
        let platforms: Vec<Platform> = platforms.into_iter().collect();
        if platforms.is_empty() {
            return Vec::new();
        }
        let stacks = stack.map_or_else(|| self.catalogue.stacks(), |stack| vec![stack]);
        let best = stacks
            .into_iter()
            .map(|stack| self.catalogue.best_of(stack, &platforms, |reference| filter.takes(reference)));
        best.flatten().collect()
    }

    /// The repositories of one of balena's two series for a device or an arch.
    fn repositories(&self, family: Family, wanted: &Recipient, stack: Option<&str>) -> Vec<Reference> {
        match family {
            Family::Resin => self.catalogue.resin_repositories(&wanted.name),
            _ => self.catalogue.last_repositories(&wanted.name, stack),
        }
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.wanted.iter().map(|wanted| &*wanted.name).collect();
        names.join(", ")
    }

    /// Prints a list, the best of each stack first: as tables for a person, as lines for a program.
    pub(super) fn print_list(
        &self,
        known: &[(Knowledge, Reference)],
        best: usize,
        session: &mut Session,
    ) -> anyhow::Result<CommandStatus> {
        let rows: Vec<Vec<String>> =
            known.iter().map(|(known, reference)| self.row(reference, known)).collect();
        if !session.streams.stdout_is_terminal {
            return output::print(session, rows.iter().map(|row| self.columns(row)).collect::<String>());
        }
        let mut header = vec!["REFERENCE", "STATUS"];
        header.extend(self.wanted.iter().map(|wanted| &*wanted.name));
        header.extend(self.wanted.is_empty().then_some("PLATFORMS"));
        let width = Some(session.streams.stdout_width);
        let mut text = String::new();
        let (first, rest) = rows.split_at(best);
        let titles = match best {
            1 => ["The best:", "All others:"],
            _ => ["The best of each stack:", "All others, by stack:"],
        };
        for (title, rows) in titles.into_iter().zip([first, rest]) {
            if rows.is_empty() {
                continue;
            }
            if best > 0 {
                let gap = if text.is_empty() { "" } else { "\n" };
                text.push_str(&format!("{gap}{title}\n"));
            }
            text.push_str(&text_table::table(&header, rows, width));
        }
        output::print(session, text)
    }

    /// One line of a list: the reference, its status, then the platforms, or what each device gets.
    fn row(&self, reference: &Reference, known: &Knowledge) -> Vec<String> {
        let mut cells = vec![reference.text().to_owned(), status(known)];
        if self.wanted.is_empty() {
            cells.push(joined(&known.platforms));
        }
        cells.extend(self.wanted.iter().map(|wanted| {
            match self.catalogue.availability_of(reference, known, wanted.arch).availability {
                Availability::Fallback(taken) => format!("fallback to {taken}"),
                answer => answer.name().to_owned(),
            }
        }));
        cells
    }

    /// A row for programs: a tab between columns, no header, and each answer with the name of its device.
    fn columns(&self, row: &[String]) -> String {
        let cell = |(number, cell): (usize, &String)| {
            let wanted = number.checked_sub(2).and_then(|at| self.wanted.get(at));
            wanted.map_or_else(|| cell.clone(), |wanted| format!("{}: {cell}", wanted.name))
        };
        let cells: Vec<String> = row.iter().enumerate().map(cell).collect();
        format!("{}\n", cells.join("\t"))
    }
}
