//! `MAINTAINER`, for which there is a label now.

use crate::check::{RenderingScope, Sink};
use crate::dockerfile::Keyword;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for instruction in scope.all(Keyword::Maintainer) {
        let help = "write LABEL org.opencontainers.image.authors=\"...\", or remove it";
        sink.report(&instruction.keyword_span, "MAINTAINER is deprecated", help);
    }
}
