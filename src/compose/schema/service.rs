//! The fields of a service.

use super::deploy::DEPLOY;
use super::mounts::{DEVELOP, GPU, MOUNT};
use super::shared::{COMMAND, ENV_FILES, FILE_MOUNTS, HOOK, HOSTS, NAMES, PAIRS, TEXTS, TEXTS_ONCE, ULIMITS};
use super::types::Type::{
    Bool, BoolText, Bytes, ContainerName, Duration, Either, Int, List, Map, NotText, Null, Number, Object,
    OneOf, OptionValue, PullPolicy, Set, Text, Within,
};
use super::types::{Fields, Keys, Others, fields};

pub(super) static SERVICE: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("annotations", PAIRS),
        ("attach", &[Bool, BoolText]),
        ("blkio_config", &[Object(&BLKIO)]),
        ("build", &[Text, Object(&BUILD)]),
        ("cap_add", &[Set(&[Text])]),
        ("cap_drop", &[Set(&[Text])]),
        ("cgroup", &[OneOf(&["host", "private"])]),
        ("cgroup_parent", &[Text]),
        ("command", COMMAND),
        ("configs", FILE_MOUNTS),
        ("container_name", &[ContainerName]),
        ("cpu_count", &[Text, Within(0, i64::MAX)]),
        ("cpu_percent", &[Text, Within(0, 100)]),
        ("cpu_period", &[Number, Text]),
        ("cpu_quota", &[Number, Text]),
        ("cpu_rt_period", &[Number, Text]),
        ("cpu_rt_runtime", &[Number, Text]),
        ("cpu_shares", &[Number, Text]),
        ("cpus", &[Number, Text]),
        ("cpuset", &[Text]),
        ("credential_spec", &[Object(&CREDENTIALS)]),
        ("depends_on", &[Either(NAMES), Map(Keys::Names, &[Object(&DEPENDENCY)])]),
        ("deploy", &[Object(&DEPLOY), Null]),
        ("develop", &[Object(&DEVELOP), Null]),
        ("device_cgroup_rules", NAMES),
        ("devices", &[List(&[Text, Object(&DEVICE)])]),
        ("dns", TEXTS_ONCE),
        ("dns_opt", &[Set(&[Text])]),
        ("dns_search", TEXTS_ONCE),
        ("domainname", &[Text]),
        ("entrypoint", COMMAND),
        ("env_file", ENV_FILES),
        ("environment", PAIRS),
        ("expose", &[Set(&[Text, Number])]),
        ("extends", &[Text, Object(&EXTENDS)]),
        ("external_links", &[Set(&[Text])]),
        ("extra_hosts", HOSTS),
        ("gpus", &[OneOf(&["all"]), List(&[Object(&GPU)])]),
        ("group_add", &[Set(&[Text, Number])]),
        ("healthcheck", &[Object(&HEALTHCHECK)]),
        ("hostname", &[Text]),
        ("image", &[Text]),
        ("init", &[Bool, BoolText]),
        ("ipc", &[Text]),
        ("isolation", &[Text]),
        ("label_file", TEXTS),
        ("labels", PAIRS),
        ("links", &[Set(&[Text])]),
        ("logging", &[Object(&LOGGING)]),
        ("mac_address", &[Text]),
        ("mem_limit", &[Number, Bytes]),
        ("mem_reservation", &[Bytes, Int]),
        ("mem_swappiness", &[Int, Bytes]),
        ("memswap_limit", &[Number, Bytes]),
        ("models", &[Either(NAMES), Map(Keys::OpenNames, &[Object(&SERVICE_MODEL), Null])]),
        ("network_mode", &[Text]),
        ("networks", &[Either(NAMES), Map(Keys::Names, &[Object(&SERVICE_NETWORK), Null])]),
        ("oom_kill_disable", &[Bool, BoolText]),
        ("oom_score_adj", &[Text, Within(-1000, 1000)]),
        ("pid", &[Text, Null]),
        ("pids_limit", &[Number, Text]),
        ("platform", &[Text]),
        ("ports", &[Set(&[Number, Text, Object(&PORT)])]),
        ("post_start", &[List(&[Object(&HOOK)])]),
        ("pre_stop", &[List(&[Object(&HOOK)])]),
        ("privileged", &[Bool, BoolText]),
        ("profiles", NAMES),
        ("provider", &[Object(&PROVIDER)]),
        ("pull_policy", &[PullPolicy]),
        ("pull_refresh_after", &[Text]),
        ("read_only", &[Bool, BoolText]),
        ("restart", &[Text]),
        ("runtime", &[Text]),
        ("scale", &[Int, Text]),
        ("secrets", FILE_MOUNTS),
        ("security_opt", &[Set(&[Text])]),
        ("shm_size", &[Number, Bytes]),
        ("stdin_open", &[Bool, BoolText]),
        ("stop_grace_period", &[Duration]),
        ("stop_signal", &[Text]),
        ("storage_opt", &[Map(Keys::All, &[OptionValue])]),
        ("sysctls", PAIRS),
        ("tmpfs", TEXTS_ONCE),
        ("tty", &[Bool, BoolText]),
        ("ulimits", ULIMITS),
        ("use_api_socket", &[Bool]),
        ("user", &[Text]),
        ("userns_mode", &[Text]),
        ("uts", &[Text]),
        ("volumes", &[Set(&[Text, Object(&MOUNT)])]),
        ("volumes_from", &[Set(&[Text])]),
        ("working_dir", &[Text]),
    ],
);

pub(super) static BUILD: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("additional_contexts", PAIRS),
        ("args", PAIRS),
        ("cache_from", &[List(&[Text])]),
        ("cache_to", &[List(&[Text])]),
        ("context", &[Text]),
        ("dockerfile", &[Text]),
        ("dockerfile_inline", &[Text]),
        ("entitlements", &[List(&[Text])]),
        ("extra_hosts", HOSTS),
        ("isolation", &[Text]),
        ("labels", PAIRS),
        ("network", &[Text]),
        ("no_cache", &[Bool, BoolText]),
        ("platforms", &[List(&[Text])]),
        ("privileged", &[Bool, BoolText]),
        ("provenance", &[Text, Bool]),
        ("pull", &[Bool, BoolText]),
        ("sbom", &[Text, Bool]),
        ("secrets", FILE_MOUNTS),
        ("shm_size", &[Int, Bytes]),
        ("ssh", PAIRS),
        ("tags", &[List(&[Text])]),
        ("target", &[Text]),
        ("ulimits", ULIMITS),
    ],
);

pub(super) static BLKIO: Fields = fields(
    Others::Refused,
    &[],
    &[
        ("device_read_bps", &[List(&[Object(&BLKIO_LIMIT)])]),
        ("device_read_iops", &[List(&[Object(&BLKIO_LIMIT)])]),
        ("device_write_bps", &[List(&[Object(&BLKIO_LIMIT)])]),
        ("device_write_iops", &[List(&[Object(&BLKIO_LIMIT)])]),
        ("weight", &[Int, NotText]),
        ("weight_device", &[List(&[Object(&BLKIO_WEIGHT)])]),
    ],
);

pub(super) static BLKIO_LIMIT: Fields =
    fields(Others::Refused, &[], &[("path", &[Text]), ("rate", &[Int, Bytes])]);

pub(super) static BLKIO_WEIGHT: Fields =
    fields(Others::Refused, &[], &[("path", &[Text]), ("weight", &[Int, NotText])]);

pub(super) static CREDENTIALS: Fields =
    fields(Others::Extensions, &[], &[("config", &[Text]), ("file", &[Text]), ("registry", &[Text])]);

pub(super) static DEPENDENCY: Fields = fields(
    Others::Extensions,
    &["condition"],
    &[
        ("condition", &[OneOf(&["service_started", "service_healthy", "service_completed_successfully"])]),
        ("required", &[Bool]),
        ("restart", &[Bool, BoolText]),
    ],
);

pub(super) static DEVICE: Fields = fields(
    Others::Extensions,
    &["source"],
    &[("permissions", &[Text]), ("source", &[Text]), ("target", &[Text])],
);

pub(super) static EXTENDS: Fields =
    fields(Others::Refused, &["service"], &[("file", &[Text]), ("service", &[Text])]);

pub(super) static LOGGING: Fields = fields(
    Others::Extensions,
    &[],
    &[("driver", &[Text]), ("options", &[Map(Keys::All, &[Text, Number, Null])])],
);

pub(super) static SERVICE_MODEL: Fields =
    fields(Others::Extensions, &[], &[("endpoint_var", &[Text]), ("model_var", &[Text])]);

pub(super) static SERVICE_NETWORK: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("aliases", NAMES),
        ("driver_opts", &[Map(Keys::All, &[Text, Number])]),
        ("gw_priority", &[Number]),
        ("interface_name", &[Text]),
        ("ipv4_address", &[Text]),
        ("ipv6_address", &[Text]),
        ("link_local_ips", NAMES),
        ("mac_address", &[Text]),
        ("priority", &[Number]),
    ],
);

pub(super) static PORT: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("app_protocol", &[Text]),
        ("host_ip", &[Text]),
        ("mode", &[Text]),
        ("name", &[Text]),
        ("protocol", &[Text]),
        ("published", &[Text, Int]),
        ("target", &[Int, Text]),
    ],
);

pub(super) static PROVIDER: Fields = fields(
    Others::Extensions,
    &["type"],
    &[("options", &[Map(Keys::All, &[Text, Number, Bool, List(&[Text, Number, Bool])])]), ("type", &[Text])],
);

pub(super) static HEALTHCHECK: Fields = fields(
    Others::Extensions,
    &[],
    &[
        ("disable", &[Bool, BoolText]),
        ("interval", &[Duration]),
        ("retries", &[Number, Text]),
        ("start_interval", &[Duration]),
        ("start_period", &[Duration]),
        ("test", &[Text, List(&[Text])]),
        ("timeout", &[Duration]),
    ],
);
