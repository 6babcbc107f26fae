//! Replaces the variables in all texts of a file, and makes numbers and truth values of the texts that have to
//! be some.

use super::formats;
use super::interpolation::interpolate;
use super::state::Loader;
use super::tree::{Node, Path, Value, below, matches, shown};

/// Bytes of all texts of a project with their variables replaced: more than any compose file has.
const MOST_REPLACED: usize = 8 << 20;

#[derive(Clone, Copy)]
enum Cast {
    Int,
    Float,
    Truth,
}

/// The texts that become something else.
const CASTS: &[(&str, Cast)] = &[
    ("services.*.cpu_count", Cast::Int),
    ("services.*.cpu_percent", Cast::Float),
    ("services.*.cpu_period", Cast::Int),
    ("services.*.cpu_quota", Cast::Int),
    ("services.*.cpu_rt_period", Cast::Int),
    ("services.*.cpu_rt_runtime", Cast::Int),
    ("services.*.cpus", Cast::Float),
    ("services.*.cpu_shares", Cast::Int),
    ("services.*.init", Cast::Truth),
    ("services.*.deploy.replicas", Cast::Int),
    ("services.*.deploy.update_config.parallelism", Cast::Int),
    ("services.*.deploy.update_config.max_failure_ratio", Cast::Float),
    ("services.*.deploy.rollback_config.parallelism", Cast::Int),
    ("services.*.deploy.rollback_config.max_failure_ratio", Cast::Float),
    ("services.*.deploy.restart_policy.max_attempts", Cast::Int),
    ("services.*.deploy.placement.max_replicas_per_node", Cast::Int),
    ("services.*.healthcheck.retries", Cast::Int),
    ("services.*.healthcheck.disable", Cast::Truth),
    ("services.*.oom_kill_disable", Cast::Truth),
    ("services.*.oom_score_adj", Cast::Int),
    ("services.*.pids_limit", Cast::Int),
    ("services.*.ports.[].target", Cast::Int),
    ("services.*.privileged", Cast::Truth),
    ("services.*.read_only", Cast::Truth),
    ("services.*.scale", Cast::Int),
    ("services.*.stdin_open", Cast::Truth),
    ("services.*.tty", Cast::Truth),
    ("services.*.ulimits.*", Cast::Int),
    ("services.*.ulimits.*.hard", Cast::Int),
    ("services.*.ulimits.*.soft", Cast::Int),
    ("services.*.volumes.[].read_only", Cast::Truth),
    ("services.*.volumes.[].volume.nocopy", Cast::Truth),
    ("networks.*.external", Cast::Truth),
    ("networks.*.internal", Cast::Truth),
    ("networks.*.attachable", Cast::Truth),
    ("networks.*.enable_ipv4", Cast::Truth),
    ("networks.*.enable_ipv6", Cast::Truth),
    ("volumes.*.external", Cast::Truth),
    ("secrets.*.external", Cast::Truth),
    ("configs.*.external", Cast::Truth),
];

impl Loader<'_> {
    /// Replaces the variables of a node and of everything in it.
    pub(super) fn substitute(&mut self, node: &mut Node, path: &Path) {
        match &mut node.value {
            Value::Text(text) => {
                let Some(text) = self.replaced(&node.at.clone(), text) else { return };
                let cast = CASTS.iter().find(|(pattern, _)| matches(path, pattern));
                node.value = match cast {
                    None => Value::Text(text),
                    Some((_, cast)) => match self::cast(&text, *cast) {
                        Ok(value) => value,
                        Err(wanted) => {
                            self.faults.error(&node.at, format!("`{}` has to be {wanted}", shown(path)));
                            Value::Text(text)
                        }
                    },
                };
            }
            Value::Map(map) => {
                for (key, entry) in map {
                    self.substitute(&mut entry.node, &below(path, key));
                }
            }
            Value::List(items) => {
                let path = below(path, "[]");
                for item in items {
                    self.substitute(item, &path);
                }
            }
            _ => {}
        }
    }

    fn replaced(&mut self, at: &super::tree::At, text: &str) -> Option<String> {
        if !text.contains('$') {
            return Some(text.to_owned());
        }
        let values = self.values();
        let fault = match interpolate(text, &values) {
            Ok(done) => {
                self.replaced += done.text.len();
                for name in done.used {
                    let value = values.get(&name).cloned().unwrap_or_default();
                    self.used.insert(name, value);
                }
                for name in done.unset {
                    self.unset.push((at.clone(), name));
                }
                if self.replaced <= MOST_REPLACED {
                    return Some(done.text);
                }
                if self.is_full {
                    return None;
                }
                self.is_full = true;
                format!("more than {MOST_REPLACED} bytes in the file with its variables replaced")
            }
            Err(message) => message,
        };
        self.faults.error(at, fault);
        None
    }
}

fn cast(text: &str, cast: Cast) -> Result<Value, &'static str> {
    match cast {
        Cast::Int => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let number = text.parse::<i64>().ok().filter(|_| is_number);
            number.map(|number| Value::Int(number.into())).ok_or("an integer")
        }
        Cast::Float => formats::number_of(text).map(Value::Float).ok_or("a number"),
        Cast::Truth => formats::truth(text).map(Value::Bool).ok_or("true or false"),
    }
}
