//! What a compose file has beside services: networks, volumes, secrets, configs, models, includes.

use super::service::SERVICE;
use super::shared::{PAIRS, TEXTS_ONCE};
use super::types::Type::{Bool, BoolText, Int, List, Map, Null, Number, Object, Text};
use super::types::{Fields, Keys, Others, fields};

pub(super) static OPEN_EXTERNAL: Fields = fields(Others::Any, &[], &[("name", &[Text])]);

pub(super) static CONFIG: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("content", &[Text]),
        ("environment", &[Text]),
        ("external", &[Bool, BoolText, Object(&OPEN_EXTERNAL)]),
        ("file", &[Text]),
        ("labels", PAIRS),
        ("name", &[Text]),
        ("template_driver", &[Text]),
    ],
);

pub(super) static INCLUDE: Fields = fields(
    Others::Refused,
    &[],
    &[("env_file", TEXTS_ONCE), ("path", TEXTS_ONCE), ("project_directory", &[Text])],
);

pub(super) static MODEL: Fields = fields(
    Others::Extensions,
    &["model"],
    &[("context_size", &[Int]), ("model", &[Text]), ("name", &[Text]), ("runtime_flags", &[List(&[Text])])],
);

pub(super) static EXTERNAL: Fields = fields(Others::Extensions, &[], &[("name", &[Text])]);

pub(super) static SUBNET: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("aux_addresses", &[Map(Keys::All, &[Text])]),
        ("gateway", &[Text]),
        ("ip_range", &[Text]),
        ("subnet", &[Text]),
    ],
);

pub(super) static IPAM: Fields = fields(
    Others::Extensions,
    &[],
    &[("config", &[List(&[Object(&SUBNET)])]), ("driver", &[Text]), ("options", &[Map(Keys::All, &[Text])])],
);

pub(super) static NETWORK: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("attachable", &[Bool, BoolText]),
        ("driver", &[Text]),
        ("driver_opts", &[Map(Keys::All, &[Text, Number])]),
        ("enable_ipv4", &[Bool, BoolText]),
        ("enable_ipv6", &[Bool, BoolText]),
        ("external", &[Bool, BoolText, Object(&EXTERNAL)]),
        ("internal", &[Bool, BoolText]),
        ("ipam", &[Object(&IPAM)]),
        ("labels", PAIRS),
        ("name", &[Text]),
    ],
);

pub(super) static SECRET: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("driver", &[Text]),
        ("driver_opts", &[Map(Keys::All, &[Text, Number])]),
        ("environment", &[Text]),
        ("external", &[Bool, BoolText, Object(&OPEN_EXTERNAL)]),
        ("file", &[Text]),
        ("labels", PAIRS),
        ("name", &[Text]),
        ("template_driver", &[Text]),
    ],
);

pub(super) static VOLUME: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("driver", &[Text]),
        ("driver_opts", &[Map(Keys::All, &[Text, Number])]),
        ("external", &[Bool, BoolText, Object(&EXTERNAL)]),
        ("labels", PAIRS),
        ("name", &[Text]),
    ],
);

pub(super) static ROOT: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("configs", &[Map(Keys::Names, &[Object(&CONFIG)])]),
        ("include", &[List(&[Text, Object(&INCLUDE)])]),
        ("models", &[Map(Keys::OpenNames, &[Object(&MODEL)])]),
        ("name", &[Text]),
        ("networks", &[Map(Keys::OpenNames, &[Object(&NETWORK), Null])]),
        ("secrets", &[Map(Keys::Names, &[Object(&SECRET)])]),
        ("services", &[Map(Keys::Names, &[Object(&SERVICE)])]),
        ("version", &[Text]),
        ("volumes", &[Map(Keys::Names, &[Object(&VOLUME), Null])]),
    ],
);
