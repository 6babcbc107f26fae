//! Which device types had images under names of their own, and since when.

use std::collections::BTreeSet;

use crate::flow;
use crate::rows::KnownDevice;

/// Names of hardware, each with the day on which its contract came.
type Dated = Vec<(String, String)>;

pub struct Names {
    /// The device types that the last generation of `balenalib` was built for: those of the documentation.
    last: Dated,
    /// Others of the last list that came after the series had begun.
    listed: Dated,
    /// Others that came after the last list.
    late: Dated,
    /// Other names of device types that had images.
    balenalib_aliases: BTreeSet<String>,
    pub resin_aliases: BTreeSet<String>,
    /// Every name with images of its own.
    balenalib: BTreeSet<String>,
    resin: BTreeSet<String>,
}

impl Names {
    /// `first` and `end` are the first and last day of `balenalib`, `snapshot` that of its last list.
    pub fn of(known: &[KnownDevice], first: &str, snapshot: &str, end: &str) -> Names {
        let aliases = |had: fn(&KnownDevice) -> bool| {
            let aliases = known.iter().filter(|device| device.alias_of().is_some() && had(device));
            aliases.map(|device| device.slug.clone()).collect()
        };
        let added = |device: &KnownDevice| device.contract_first_seen.clone();
        let dated = |chosen: &dyn Fn(&KnownDevice) -> bool| -> Dated {
            let chosen = known.iter().filter(|device| !added(device).is_empty() && chosen(device));
            chosen.map(|device| (device.slug.clone(), added(device))).collect()
        };
        // Of a day that is not known nothing follows.
        let is_last = |device: &KnownDevice| {
            device.is_documented() && !added(device).is_empty() && *added(device) < *end
        };
        let all = |had: &dyn Fn(&KnownDevice) -> bool| {
            known.iter().filter(|device| had(device)).map(|device| device.slug.clone()).collect()
        };
        Names {
            last: dated(&is_last),
            listed: dated(&|device| !is_last(device) && device.is_on_last_list() && *added(device) > *first),
            late: dated(&|device| {
                !is_last(device) && !device.is_on_last_list() && *added(device) > *snapshot
            }),
            balenalib_aliases: aliases(KnownDevice::is_on_last_list),
            resin_aliases: aliases(KnownDevice::had_resin),
            balenalib: all(&|device| is_last(device) || device.is_on_last_list()),
            resin: all(&KnownDevice::had_resin),
        }
    }

    /// The series that had images under this very name.
    pub fn families(&self, slug: &str) -> impl Iterator<Item = &'static str> {
        let series = [("resin", &self.resin), ("balenalib", &self.balenalib)];
        series.into_iter().filter(move |(_, names)| names.contains(slug)).map(|(family, _)| family)
    }

    pub fn write(&self, out: &mut String) {
        let dated = |out: &mut String, key: &str, names: &Dated| {
            let entries: Vec<String> = names.iter().map(|(name, day)| format!("{name}: {day}")).collect();
            flow::map(out, 2, key, &entries);
        };
        *out += "  # Aliases of device types that had images under their own name.\n";
        flow::list(out, 2, "aliases", &self.balenalib_aliases);
        *out += "  # The device types that the final generation was built for, and when each was added.\n";
        dated(out, "final_device_types", &self.last);
        *out += "  # The other device types of the last list that came after the series had begun.\n";
        dated(out, "listed_device_types", &self.listed);
        *out += "  # Added after the last list and not in the documentation: nobody knows whether they had images of\n";
        *out += "  # their own. Those that were added after the end have none.\n";
        dated(out, "late_device_types", &self.late);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(slug: &str, status: &str, columns: [u8; 3], added: &str) -> KnownDevice {
        let [docs, resin, balenalib] = columns;
        let titles = "slug\tname\tarch\taliases\tstatus\trepo_state_seen\tin_docs_2026\tresin_images_2018\t\
                      balenalib_images_2021\tcontract_first_seen";
        let row = format!("{slug}\t\tamd64\t\t{status}\t\t{docs}\t{resin}\t{balenalib}\t{added}");
        let text = format!("{titles}\n{row}\n");
        let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').from_reader(text.as_bytes());
        reader.deserialize().next().unwrap().unwrap()
    }

    #[test]
    fn when_a_name_came_decides_what_it_had() {
        let known = [
            device("first", "active", [1, 1, 1], "2017-10-12"),
            device("documented", "active", [1, 0, 0], "2023-09-28"),
            device("after-the-end", "active", [1, 0, 0], "2026-04-22"),
            device("no-day", "active", [1, 0, 0], ""),
            device("listed", "contract-only", [0, 0, 1], "2020-05-27"),
            device("early", "contract-only", [0, 1, 1], "2017-10-12"),
            device("late", "contract-only", [0, 0, 0], "2022-04-01"),
            device("other", "alias-of:first", [0, 1, 1], ""),
        ];
        let names = Names::of(&known, "2018-10-18", "2021-02-01", "2025-05-23");
        let slugs = |dated: &Dated| dated.iter().map(|(slug, _)| slug.clone()).collect::<Vec<_>>();
        assert_eq!(slugs(&names.last), ["first", "documented"]);
        assert_eq!(slugs(&names.listed), ["listed"]);
        assert_eq!(slugs(&names.late), ["after-the-end", "late"]);
        assert!(names.resin_aliases.contains("other") && names.balenalib_aliases.contains("other"));
        let families = |slug| names.families(slug).collect::<Vec<_>>();
        assert_eq!(families("first"), ["resin", "balenalib"]);
        assert_eq!(families("documented"), ["balenalib"]);
        for slug in ["after-the-end", "no-day", "late", "unknown"] {
            assert!(families(slug).is_empty(), "{slug}");
        }
    }
}
