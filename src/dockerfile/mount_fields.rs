//! Reads `RUN --mount`, as BuildKit does.
//!
//! The value is a line of CSV with a key and a value in each field. It is read from the left to the right, so
//! that `required` and `size` are refused before the `type` that allows them.

use super::budget::Budget;
use super::csv::{self, Field};
use super::fault::Fault;
use super::go;
use super::instruction::{Flag, Instruction};
use super::lookup::Lookup;
use super::mount::{KINDS, Mount, MountKind, MountText, SHARINGS, in_table};
use super::report::Report;
use super::text::shown;
use super::word::{Expander, Word, with_variables, without_variables};
use crate::nearest::nearest_or_all;
use crate::source::Span;

const KEYS: [&str; 19] = [
    "type",
    "from",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "id",
    "sharing",
    "required",
    "mode",
    "uid",
    "gid",
    "size",
    "env",
    "readonly",
    "ro",
    "readwrite",
    "rw",
];

/// What a mount takes files from.
pub(super) struct Origin {
    pub name: Vec<u8>,
    pub span: Span,
    /// Whether BuildKit looks into it; if not, the stage only needs it.
    pub is_read: bool,
}

impl Mount {
    /// The mounts of a `RUN`, in order. What has a variable in it is not known.
    pub fn of(run: &Instruction) -> impl Iterator<Item = Mount> {
        run.flags_named("mount").map(|flag| Mount::read(flag, &mut without_variables(b'\\')).0)
    }

    /// The same, with the variables that are in force there.
    pub fn of_known(
        run: &Instruction,
        escape: u8,
        environment: &dyn Lookup,
        budget: &mut Budget,
    ) -> Vec<Mount> {
        let mut expander = with_variables(escape, environment, budget);
        run.flags_named("mount").map(|flag| Mount::read(flag, &mut expander).0).collect()
    }

    /// What the mounts of a `RUN` take files from. One that does not say it, be it of a type that takes no files,
    /// is to BuildKit one from `scratch`: from the stage of that name, if there is one.
    pub(super) fn origins(run: &Instruction) -> Vec<Origin> {
        let flags = run.flags_named("mount");
        let origins = flags.filter_map(|flag| {
            let mount = Mount::read(flag, &mut without_variables(b'\\')).0;
            Some(match mount.from {
                Some(from) => Origin { name: from.text?, span: from.span, is_read: true },
                None => Origin {
                    name: b"scratch".to_vec(),
                    span: flag.span.clone(),
                    is_read: mount.kind == Some(MountKind::Cache),
                },
            })
        });
        origins.collect()
    }

    /// Reads the flag, with what BuildKit would refuse about it. Places are in the file.
    pub(super) fn read(flag: &Flag, expander: &mut Expander) -> (Mount, Vec<Fault>) {
        let value = flag.value().unwrap_or_default();
        let mut reader = Reader {
            mount: Mount {
                kind: Some(MountKind::Bind),
                from: None,
                source: None,
                target: None,
                id: None,
                env: None,
                sharing: None,
                required: false,
                mode: None,
                uid: None,
                gid: None,
                size: None,
                is_read_only: false,
            },
            flag,
            read_only: None,
            is_whole: true,
            faults: Vec::new(),
        };
        match csv::fields(value, "mounts") {
            Ok(fields) => fields.iter().for_each(|field| reader.field(field, expander)),
            // [`check`] reports it.
            Err(_) => reader.is_whole = false,
        }
        reader.finish()
    }
}

/// What BuildKit refuses about the flag before it knows any variable.
pub(super) fn check(flag: &Flag, report: &mut Report) {
    let value = flag.value().unwrap_or_default();
    let fields = match csv::fields(value, "mounts") {
        Ok(fields) => fields,
        Err(fault) => return report.error(flag.value_part(fault.span), fault.message, fault.help),
    };
    for field in &fields {
        // A stage or an image has to be known before the build starts.
        let Some((key, value)) = field.text.split_at_checked(5) else { continue };
        if key.eq_ignore_ascii_case(b"from=") && has_variable(value) {
            let message = "'from' doesn't support variable expansion, define alias stage instead";
            let help = "name a stage: FROM ${IMAGE} AS alias, then from=alias";
            report.error(flag.value_part(field.span.clone()), message, help);
        }
    }
}

/// Whether there is a dollar sign with something after it.
fn has_variable(value: &[u8]) -> bool {
    memchr::memchr(b'$', value).is_some_and(|at| at + 1 < value.len())
}

struct Reader<'f, 's> {
    mount: Mount,
    flag: &'f Flag<'s>,
    /// What a field says about writing.
    read_only: Option<bool>,
    /// All fields were read.
    is_whole: bool,
    faults: Vec<Fault>,
}

impl Reader<'_, '_> {
    fn fault(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        let span = self.flag.value_part(span);
        self.faults.push(Fault::new(span, message, help));
    }

    fn field(&mut self, field: &Field, expander: &mut Expander) {
        let (key, value) = match memchr::memchr(b'=', &field.text) {
            Some(at) => (field.text.get(..at).unwrap_or_default(), field.text.get(at + 1..)),
            None => (&field.text[..], None),
        };
        let key_span = field.part(0..key.len());
        let key = key.to_ascii_lowercase();
        let Some(value) = value else {
            match &key[..] {
                b"readonly" | b"ro" => self.read_only = Some(true),
                b"readwrite" | b"rw" => self.read_only = Some(false),
                b"required" => self.required(key_span, Some(true)),
                key => {
                    let message = format!("invalid field '{}' must be a key=value pair", shown(&field.text));
                    let help = match std::str::from_utf8(key) {
                        Ok("") => "remove the comma".to_owned(),
                        Ok(key) if KEYS.contains(&key) => format!("write {key}=value"),
                        key => unknown_key(key.unwrap_or_default()),
                    };
                    self.fault(key_span, message, help);
                }
            }
            return;
        };
        let span = field.part(key.len() + 1..field.text.len());
        if key == b"from" && has_variable(value) {
            self.mount.from = Some(MountText { text: None, span: self.flag.value_part(span) });
            return;
        }
        let expanded = match expander(value) {
            Ok(expanded) => expanded,
            Err(fault) => return self.fault(span, fault.message, fault.help),
        };
        let word = Word { written: value, value: expanded.as_deref() };
        self.pair(&key, key_span, &word, span, &field.text);
    }

    /// A key and its value.
    fn pair(&mut self, key: &[u8], key_span: Span, word: &Word, span: Span, field: &[u8]) {
        let name = shown(key);
        let written = shown(word.written);
        let number = |reader: &mut Self, radix| {
            let number = go::unsigned(word.value?, radix);
            if number.is_none() {
                let help = match radix {
                    8 => "write the permissions in octal digits: 0755",
                    _ => "write a number of at most 32 bits, without a sign",
                };
                reader.fault(span.clone(), format!("invalid value {written} for {name}"), help);
            }
            number
        };
        match key {
            b"mode" => self.mount.mode = number(self, 8),
            b"uid" => self.mount.uid = number(self, 10),
            b"gid" => self.mount.gid = number(self, 10),
            b"type" => {
                self.mount.kind = word.value.and_then(MountKind::of);
                if word.value.is_some() && self.mount.kind.is_none() {
                    let help = word.help(&KINDS.map(|row| row.0), "the types are");
                    self.fault(span, format!("unsupported mount type \"{written}\""), help);
                }
            }
            b"sharing" => {
                self.mount.sharing = word.value.and_then(|value| in_table(&SHARINGS, value));
                if word.value.is_some() && self.mount.sharing.is_none() {
                    let help = word.help(&SHARINGS.map(|row| row.0), "the values are");
                    self.fault(span, format!("unsupported sharing value \"{written}\""), help);
                }
            }
            b"from" => self.mount.from = self.text(word, span),
            b"source" | b"src" => self.mount.source = self.text(word, span),
            b"target" | b"dst" | b"destination" => self.mount.target = self.text(word, span),
            b"id" => self.mount.id = self.text(word, span),
            b"env" => self.mount.env = self.text(word, span),
            b"readonly" | b"ro" => self.read_only = self.boolean(&name, word, span).or(self.read_only),
            b"readwrite" | b"rw" => {
                self.read_only = self.boolean(&name, word, span).map(|rw| !rw).or(self.read_only);
            }
            b"required" => {
                if self.mount.kind.is_none_or(takes_required) {
                    self.mount.required = self.boolean(&name, word, span).unwrap_or_default();
                } else {
                    self.required(key_span, None);
                }
            }
            b"size" => match self.mount.kind {
                None => {}
                Some(MountKind::Tmpfs) => {
                    self.mount.size = word.value.and_then(go::size);
                    if word.value.is_some() && self.mount.size.is_none() {
                        let help = "write a number of bytes, with a unit such as k, m or g";
                        self.fault(span, format!("invalid value for size: {written}"), help);
                    }
                }
                Some(kind) => self.unexpected(key_span, "size", kind, "tmpfs"),
            },
            _ => {
                let message = format!("unexpected key '{name}' in '{}'", shown(field));
                self.fault(key_span, message, unknown_key(&String::from_utf8_lossy(key)));
            }
        }
    }

    fn text(&self, word: &Word, span: Span) -> Option<MountText> {
        let span = self.flag.value_part(span);
        let is_empty = word.value.is_some_and(<[u8]>::is_empty);
        (!is_empty).then(|| MountText { text: word.value.map(<[u8]>::to_vec), span })
    }

    fn boolean(&mut self, name: &str, word: &Word, span: Span) -> Option<bool> {
        let value = go::boolean(word.value?);
        if value.is_none() {
            let message = format!("invalid value for {name}: {}", shown(word.written));
            self.fault(span, message, "write true or false");
        }
        value
    }

    fn required(&mut self, key_span: Span, value: Option<bool>) {
        match self.mount.kind {
            Some(kind) if !takes_required(kind) => {
                self.unexpected(key_span, "required", kind, "secret or type=ssh");
            }
            _ => self.mount.required = value.unwrap_or_default(),
        }
    }

    fn unexpected(&mut self, span: Span, key: &str, kind: MountKind, fits: &str) {
        let message = format!("unexpected key '{key}' for mount type '{}'", kind.name());
        self.fault(span, message, format!("remove it, or write type={fits} before it"));
    }

    /// What depends on more than one field.
    fn finish(mut self) -> (Mount, Vec<Fault>) {
        let Some(kind) = self.mount.kind.filter(|_| self.is_whole) else { return (self.mount, self.faults) };
        self.mount.is_read_only = match kind {
            MountKind::Cache | MountKind::Tmpfs => self.read_only.unwrap_or(false),
            _ => self.read_only.unwrap_or(true),
        };
        let name = kind.name();
        let all = 0..self.flag.value().map_or(0, <[u8]>::len);
        let mount = &self.mount;
        let mut faults: Vec<(String, &str)> = Vec::new();
        if matches!(kind, MountKind::Bind | MountKind::Tmpfs) {
            for (key, value) in [("mode", mount.mode), ("uid", mount.uid), ("gid", mount.gid)] {
                if value.is_some() {
                    faults.push((format!("{key} not allowed for \"{name}\" type mounts"), "remove it"));
                }
            }
        }
        if mount.sharing.is_some() && kind == MountKind::Secret {
            faults.push(("secret mount should not define sharing".to_owned(), "remove sharing="));
        } else if mount.sharing.is_some() && kind != MountKind::Cache {
            faults.push((format!("invalid cache sharing set for {name} mount"), "remove sharing="));
        }
        if kind == MountKind::Ssh && mount.source.is_some() {
            faults.push(("ssh does not support source".to_owned(), "remove source="));
        }
        if kind == MountKind::Secret {
            if mount.from.as_ref().is_some_and(|from| from.text.is_some()) {
                faults.push(("secret mount should not have a from".to_owned(), "remove from="));
            }
            if mount.source.is_none() && mount.target.is_none() && mount.id.is_none() {
                let message = "invalid secret mount. one of source, target required".to_owned();
                faults.push((message, "write id= with the name of the secret"));
            }
            let is_known = |text: &Option<MountText>| text.as_ref().is_some_and(|text| text.text.is_some());
            if is_known(&mount.source) && is_known(&mount.id) {
                faults.push(("both source and id can't be set".to_owned(), "remove source="));
            }
        }
        for (message, help) in faults {
            self.fault(all.clone(), message, help);
        }
        (self.mount, self.faults)
    }
}

fn takes_required(kind: MountKind) -> bool {
    matches!(kind, MountKind::Secret | MountKind::Ssh)
}

fn unknown_key(key: &str) -> String {
    nearest_or_all(key, &KEYS, "the keys are")
}
