//! Our own page: what `--format markdown` prints. The sentences have no Markdown in them but code between
//! backticks, so they are put into the page as they are.

use std::io::{self, Write};

use tera::{Context, Error, ErrorKind, Tera};

use super::page::PageScope;

/// The page. The fence of a code block has as many backticks as its code needs.
const PAGE: &str = "\
# {{ source_quoted }} for {{ title }}

{% if platform %}The architecture is `{{ arch }}`, its platform `{{ platform }}`. {% endif -%}
The line numbers are those of the template.
{% for one in instructions %}
## Line{% if one.start_line == one.end_line %} {{ one.start_line }}{% else -%}
s {{ one.start_line }} to {{ one.end_line }}{% endif %}{% if one.file %} of `{{ one.file }}`{% endif %}: {{ one.keyword | upper }}

{{ one.fence }}dockerfile
{{ one.code }}
{{ one.fence }}

{{ one.what }}

{{ one.why }}
{% for sentence in one.device %}
{{ sentence }}
{% endfor %}
*{{ one.layer }}*
{% for pitfall in one.pitfalls %}{% if loop.first %}
{% endif %}- {{ pitfall }}
{% endfor %}{% endfor %}";

/// Writes our own page, in Markdown.
///
/// # Errors
/// When `out` cannot be written.
pub fn markdown(scope: &PageScope, out: &mut dyn Write) -> io::Result<()> {
    let mut tera = Tera::default();
    let other = |error: Error| io::Error::other(format!("the page cannot be made: {error}"));
    tera.add_raw_template("page.md", PAGE).map_err(other)?;
    let context = Context::from_serialize(scope).map_err(other)?;
    tera.render_to("page.md", &context, out).map_err(|error| match error.kind() {
        ErrorKind::Io(kind) => io::Error::from(*kind),
        _ => other(error),
    })
}
