//! Fields of a compose file written in one line, so that they fit wherever the old ones are.

use crate::compose::is_text;
use crate::yaml::{Node, Value};

/// A literal text of a compose file: `$` stands for a variable there.
pub fn escaped(text: &str) -> String {
    text.replace('$', "$$")
}

/// A text as a literal of a compose file, in quotes where it needs them.
pub fn quoted(text: &str) -> String {
    plain(&escaped(text))
}

/// A text in YAML, in quotes where it needs them.
pub fn plain(text: &str) -> String {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(
            &*text.to_ascii_lowercase(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        )
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    if is_word { text.to_owned() } else { json(text) }
}

fn json(text: &str) -> String {
    let mut json = vec![b'"'];
    crate::json::push_string(text, &mut json);
    json.push(b'"');
    String::from_utf8_lossy(&json).into_owned()
}

/// A node in one line.
pub fn flow(node: &Node) -> Option<String> {
    if node.tag.is_some() {
        return None;
    }
    let is_simple = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    Some(match &node.value {
        Value::Null => "null".to_owned(),
        // A number or a truth value has to stay one: `1_000`.
        Value::Scalar(text) if node.is_plain && (is_simple(text) || !is_text(node)) => text.clone(),
        Value::Scalar(text) => plain(text),
        Value::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(flow).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Map(entries) => {
            let entry = |(key, value): &(Node, Node)| {
                let key = key.as_scalar()?;
                let is_text = !matches!(&*key.to_ascii_lowercase(), "true" | "false" | "null");
                let is_word = is_text && is_simple(key) && key.starts_with(|c: char| c.is_ascii_alphabetic());
                let key = if is_word { key.to_owned() } else { json(key) };
                Some(format!("{key}: {}", flow(value)?))
            };
            let entries: Option<Vec<String>> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries?.join(", "))
        }
    })
}
