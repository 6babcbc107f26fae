//! Types that several fields share.

use super::types::Type::{Bool, BoolText, Either, Int, List, Map, Mode, Null, Number, Object, Set, Text};
use super::types::{Fields, Keys, Others, Type, fields};

pub(super) static COMMAND: &[Type] = &[Null, Text, List(&[Text])];

pub(super) static ENV_FILES: &[Type] = &[Text, List(&[Text, Object(&ENV_FILE_ENTRY)])];

pub(super) static TEXTS: &[Type] = &[Text, List(&[Text])];

pub(super) static TEXTS_ONCE: &[Type] = &[Text, Either(NAMES)];

pub(super) static NAMES: &[Type] = &[Set(&[Text])];

pub(super) static PAIRS: &[Type] = &[Map(Keys::All, &[Text, Number, Bool, Null]), Set(&[Text])];

pub(super) static HOSTS: &[Type] = &[Map(Keys::All, &[Text, List(&[Text])]), Set(&[Text])];

pub(super) static FILE_MOUNTS: &[Type] = &[List(&[Text, Object(&FILE_MOUNT)])];

pub(super) static ULIMITS: &[Type] = &[Map(Keys::Lowercase, &[Int, Text, Object(&ULIMIT)])];

pub(super) static HOOK: Fields = fields(
    Others::Extensions,
    &["command"],
    &[
        ("command", COMMAND),
        ("environment", PAIRS),
        ("privileged", &[Bool, BoolText]),
        ("user", &[Text]),
        ("working_dir", &[Text]),
    ],
);

pub(super) static ENV_FILE_ENTRY: Fields = fields(
    Others::Refused,
    &["path"],
    &[("format", &[Text]), ("path", &[Text]), ("required", &[Bool, BoolText])],
);

pub(super) static FILE_MOUNT: Fields = fields(
    Others::Extensions,
    &[],
    &[("gid", &[Text]), ("mode", &[Mode]), ("source", &[Text]), ("target", &[Text]), ("uid", &[Text])],
);

pub(super) static ULIMIT: Fields =
    fields(Others::Extensions, &["soft", "hard"], &[("hard", &[Int, Text]), ("soft", &[Int, Text])]);
