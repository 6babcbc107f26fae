//! What the Dockerfile frontend of an older Docker engine refuses, or that of every one.

use crate::check::{ArchScope, Sink};
use crate::diagnostic::Severity;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    for needed in &scope.evaluation.newer {
        let feature = needed.feature;
        match needed.engine {
            Some(engine) => {
                let message = format!("{feature} needs Docker {engine} or newer");
                let help = format!("nothing, if no older one builds this; otherwise {}", needed.help);
                sink.report(&needed.span, message, help);
            }
            None => {
                let message = match needed.is_named {
                    true => format!("the frontend that # syntax= names does not know {feature}"),
                    false => format!("the Dockerfile frontend of Docker 28.5 does not know {feature}"),
                };
                sink.report_as(Severity::Error, &needed.span, message, &*needed.help);
            }
        }
    }
}
