//! Texts as `docker buildx bake` reads them: comma-separated values, and the caches that are written in them.

/// The fields of a line of comma-separated values; nothing where a quotation mark is out of place. Bake refuses such a
/// line, but crates that read comma-separated values accept it.
pub fn fields(text: &str) -> Option<Vec<String>> {
    let (mut fields, mut rest) = (Vec::new(), text);
    loop {
        let after = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (field, after) = unquoted(quoted)?;
                fields.push(field);
                after
            }
            None => {
                let (field, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                if field.contains('"') {
                    return None;
                }
                fields.push(field.to_owned());
                after
            }
        };
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Some(fields),
            None => return None,
        }
    }
}

/// A field behind its first quotation mark, and what follows the last.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let (mut field, mut rest) = (String::new(), text);
    loop {
        let (before, after) = rest.split_once('"')?;
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, after)),
        }
    }
}

/// The value of the first of these fields that is `NAME=VALUE` with this name.
#[cfg(feature = "cli")]
pub fn value<'f>(fields: &'f [String], name: &str) -> Option<&'f str> {
    fields.iter().find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}

/// The only field, if it is no `NAME=VALUE`: the short form, which is the path of an output or the name of a cache.
#[cfg(feature = "cli")]
pub fn short(fields: &[String]) -> Option<&str> {
    match fields {
        [text] if !text.contains('=') => Some(text),
        _ => None,
    }
}

/// A field as it is written, in quotation marks where it needs them.
pub fn field(text: &str) -> String {
    match text.contains([',', '"', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// Whether a field can hold a text: a carriage return is lost.
pub fn is_sayable(text: &str) -> bool {
    !text.contains('\r')
}

/// Why a text is no list of `NAME=VALUE` to bake, without any part of it: it may have a password in it.
pub fn pairs_fault(text: &str) -> Option<&'static str> {
    let Some(fields) = fields(text) else {
        return Some("a quotation mark stands around a whole part, and is written twice inside of it");
    };
    let are_pairs = fields.iter().all(|field| field.contains('='));
    (!are_pairs).then_some("each of its parts is NAME=VALUE, with commas between them")
}

/// Why a text is not a cache to bake, without any part of it.
pub fn cache_fault(text: &str) -> Option<&'static str> {
    // Only the names of images.
    if fields(text).is_some_and(|fields| fields.iter().all(|field| !field.contains('='))) {
        return None;
    }
    pairs_fault(text)
        .or_else(|| value_of(text, "type").is_none().then_some("it needs a type, such as type=registry"))
}

/// Why a text is not an output to bake, without any part of it.
pub fn output_fault(text: &str) -> Option<&'static str> {
    // Only a path, whatever is in it.
    let is_path = |fields: Vec<String>| fields == [text] && !text.starts_with("type=");
    if fields(text).is_some_and(is_path) {
        return None;
    }
    pairs_fault(text).or_else(|| match value_of(text, "type") {
        None => Some("it needs a type, such as type=image"),
        Some(kind) if kind == "local" && value_of(text, "dest").is_none() => {
            Some("an output of the type local needs dest=PATH, in the same text")
        }
        Some(_) => None,
    })
}

/// The last value that is not empty of those with this name, in whatever case.
pub fn value_of(text: &str, name: &str) -> Option<String> {
    let fields = fields(text)?;
    let mut pairs = fields.iter().filter_map(|field| field.split_once('='));
    let found = pairs.rfind(|(own, value)| own.trim().eq_ignore_ascii_case(name) && !value.is_empty());
    found.map(|(_, value)| value.to_owned())
}

#[test]
fn lines_are_read_as_bake_reads_them() {
    let read = |text| fields(text).map(|fields| fields.join("|"));
    for (text, expected) in [
        ("id=a,src=b", Some("id=a|src=b")),
        ("id=a,\"src=x,env=PATH\"", Some("id=a|src=x,env=PATH")),
        ("\"a\"\"b\",c", Some("a\"b|c")),
        ("a,", Some("a|")),
        ("", Some("")),
        ("dest=c,a\"b", None),
        ("a,\"b\" ,c", None),
        ("a,\"b", None),
        ("\"", None),
    ] {
        assert_eq!(read(text).as_deref(), expected, "{text}");
    }
    for text in ["plain", "a,b", "a\"b", "\"", "a\nb", ""] {
        assert_eq!(fields(&field(text)), Some(vec![text.to_owned()]));
    }
}

#[test]
fn caches_that_bake_refuses() {
    for good in
        ["r/x", "r/x,r/y", "type=gha", "type=local,dest=c", "TYPE=gha,scope=a", "type=s3,\"name=a,b\""]
    {
        assert_eq!(cache_fault(good), None, "{good}");
    }
    for bad in
        ["type=local,dest=c,a\"b", "type=local,dest", "dest=a", "type=,dest=a", "type=local,", "r/x,type=gha"]
    {
        assert!(cache_fault(bad).is_some(), "{bad}");
    }
}

#[test]
fn outputs_that_bake_refuses() {
    // As buildx 0.13 and 0.29 take them.
    for good in [
        "",
        "out",
        "-",
        "dest=o",
        "./a=b",
        "TYPE=tar",
        "type=image",
        "type=local,dest=out",
        "TYPE=local,dest=out",
        "type=tar",
        "type=image,push=true",
    ] {
        assert_eq!(output_fault(good), None, "{good}");
    }
    for bad in
        ["type=local", "type=local,dest=", "dest=o,x=y", "type=image,push", "type=", "a,b", "\"a", "\"out\""]
    {
        assert!(output_fault(bad).is_some(), "{bad}");
    }
}
