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
        let is_last = |device: &KnownDevice| device.is_documented() && *added(device) < *end;
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
