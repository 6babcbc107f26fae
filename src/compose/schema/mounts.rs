//! Mounts, devices and the files that are watched, as a service names them.

use super::shared::{HOOK, NAMES, PAIRS, TEXTS_ONCE};
use super::types::Type::{
    Bool, BoolText, Bytes, Count, Int, List, NotText, Number, Object, OneOf, Text, Within,
};
use super::types::{Fields, Others, fields};

pub(super) static MOUNT: Fields = fields(
    Others::Extensions,
    &["type"],
    &[
        ("bind", &[Object(&BIND)]),
        ("consistency", &[Text]),
        ("image", &[Object(&IMAGE_MOUNT)]),
        ("read_only", &[Bool, BoolText]),
        ("source", &[Text]),
        ("target", &[Text]),
        ("tmpfs", &[Object(&TMPFS)]),
        ("type", &[OneOf(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"])]),
        ("volume", &[Object(&VOLUME_MOUNT)]),
    ],
);

pub(super) static BIND: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("create_host_path", &[Bool, BoolText]),
        ("propagation", &[Text]),
        ("recursive", &[OneOf(&["enabled", "disabled", "writable", "readonly"])]),
        ("selinux", &[OneOf(&["z", "Z"])]),
    ],
);

pub(super) static IMAGE_MOUNT: Fields = fields(Others::Extensions, &[], &[("subpath", &[Text])]);

pub(super) static TMPFS: Fields =
    fields(Others::Extensions, &[], &[("mode", &[Number, NotText]), ("size", &[Within(0, i64::MAX), Bytes])]);

pub(super) static VOLUME_MOUNT: Fields = fields(
    Others::Extensions,
    &[],
    &[("labels", PAIRS), ("nocopy", &[Bool, BoolText]), ("subpath", &[Text])],
);

pub(super) static WATCH: Fields = fields(
    Others::Extensions,
    &["path", "action"],
    &[
        ("action", &[OneOf(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"])]),
        ("exec", &[Object(&HOOK)]),
        ("ignore", TEXTS_ONCE),
        ("include", TEXTS_ONCE),
        ("initial_sync", &[Bool]),
        ("path", &[Text]),
        ("target", &[Text]),
    ],
);

pub(super) static DEVELOP: Fields = fields(Others::Extensions, &[], &[("watch", &[List(&[Object(&WATCH)])])]);

pub(super) static GPU: Fields = fields(
    Others::Any,
    &[],
    &[
        ("capabilities", NAMES),
        ("count", &[Count, Int]),
        ("device_ids", NAMES),
        ("driver", &[Text]),
        ("options", PAIRS),
    ],
);
