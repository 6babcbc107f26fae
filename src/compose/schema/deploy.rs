//! The fields below `deploy`.

use super::shared::{NAMES, PAIRS};
use super::types::Type::{Bytes, Count, Decimal, Digits, Duration, Int, List, Number, Object, OneOf, Text};
use super::types::{Fields, Others, fields};

pub(super) static PREFERENCE: Fields = fields(Others::Extensions, &[], &[("spread", &[Text])]);

pub(super) static PLACEMENT: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("constraints", &[List(&[Text])]),
        ("max_replicas_per_node", &[Int, Text]),
        ("preferences", &[List(&[Object(&PREFERENCE)])]),
    ],
);

pub(super) static LIMITS: Fields = fields(
    Others::Extensions,
    &[],
    &[("cpus", &[Number, Decimal]), ("memory", &[Bytes]), ("pids", &[Int, Digits])],
);

pub(super) static DEVICE_REQUEST: Fields = fields(
    Others::Extensions,
    &["capabilities"],
    &[
        ("capabilities", NAMES),
        ("count", &[Count, Int]),
        ("device_ids", NAMES),
        ("driver", &[Text]),
        ("options", PAIRS),
    ],
);

pub(super) static DISCRETE_RESOURCE: Fields =
    fields(Others::Extensions, &[], &[("kind", &[Text]), ("value", &[Number, Digits])]);

pub(super) static GENERIC_RESOURCE: Fields =
    fields(Others::Extensions, &[], &[("discrete_resource_spec", &[Object(&DISCRETE_RESOURCE)])]);

pub(super) static RESERVATIONS: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("cpus", &[Number, Decimal]),
        ("devices", &[List(&[Object(&DEVICE_REQUEST)])]),
        ("generic_resources", &[List(&[Object(&GENERIC_RESOURCE)])]),
        ("memory", &[Bytes]),
    ],
);

pub(super) static RESOURCES: Fields = fields(
    Others::Extensions,
    &[],
    &[("limits", &[Object(&LIMITS)]), ("reservations", &[Object(&RESERVATIONS)])],
);

pub(super) static RESTART_POLICY: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("condition", &[Text]),
        ("delay", &[Duration]),
        ("max_attempts", &[Int, Text]),
        ("window", &[Duration]),
    ],
);

/// How many containers are replaced at a time, and what happens when one fails: an update and a rollback.
pub(super) static UPDATE: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("delay", &[Duration]),
        ("failure_action", &[Text]),
        ("max_failure_ratio", &[Number, Text]),
        ("monitor", &[Duration]),
        ("order", &[OneOf(&["start-first", "stop-first"])]),
        ("parallelism", &[Int, Text]),
    ],
);

pub(super) static DEPLOY: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("endpoint_mode", &[Text]),
        ("labels", PAIRS),
        ("mode", &[Text]),
        ("placement", &[Object(&PLACEMENT)]),
        ("replicas", &[Int, Text]),
        ("resources", &[Object(&RESOURCES)]),
        ("restart_policy", &[Object(&RESTART_POLICY)]),
        ("rollback_config", &[Object(&UPDATE)]),
        ("update_config", &[Object(&UPDATE)]),
    ],
);
