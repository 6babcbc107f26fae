//! What a server says about the login that it wants: the header `WWW-Authenticate`, as RFC 9110 has it.

/// How a server wants to be logged in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// With a user name and a password.
    Basic,
    /// With a token that another server gives.
    Bearer {
        /// The address of that server.
        realm: String,
        /// What the token is for.
        service: Option<String>,
        /// What it has to allow.
        scope: Option<String>,
    },
}

/// The challenge in such headers that is answered: a token is asked for where there is a choice.
pub fn choose<'h>(headers: impl Iterator<Item = &'h str>) -> Option<Challenge> {
    let mut basic = None;
    for (scheme, parameters) in headers.flat_map(read) {
        let find =
            |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        match (scheme.as_str(), find("realm")) {
            ("bearer", Some(realm)) => {
                return Some(Challenge::Bearer { realm, service: find("service"), scope: find("scope") });
            }
            ("basic", _) => basic = Some(Challenge::Basic),
            _ => {}
        }
    }
    basic
}

/// A scheme with its parameters.
type Raw = (String, Vec<(String, String)>);

/// The challenges in one header. What follows something malformed is left out.
fn read(header: &str) -> Vec<Raw> {
    let mut found: Vec<Raw> = Vec::new();
    let mut rest = header.trim_start_matches([' ', ',', '\t']);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !is_token(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            break;
        }
        let name = word.to_ascii_lowercase();
        let Some(value) = after.trim_start().strip_prefix('=') else {
            // A word without a value is the scheme of the next challenge.
            found.push((name, Vec::new()));
            rest = after.trim_start_matches([' ', ',', '\t']);
            continue;
        };
        let Some((value, after)) = read_value(value.trim_start()) else { break };
        if let Some((_, parameters)) = found.last_mut() {
            parameters.push((name, value));
        }
        rest = after.trim_start_matches([' ', ',', '\t']);
    }
    found
}

/// A word, or a text in quotes, and what follows it.
fn read_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            _ if is_escaped => {
                value.push(c);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return Some((value, &quoted[at + 1..])),
            c => value.push(c),
        }
    }
    None
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[test]
fn challenges_are_read() {
    let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| {
        let [service, scope] = [service, scope].map(|text| text.map(str::to_owned));
        Some(Challenge::Bearer { realm: realm.to_owned(), service, scope })
    };
    let one = |header: &str| choose([header].into_iter());
    assert_eq!(
        one(r#"Bearer realm="https://a/token",service="r",scope="repository:a/b:pull,push""#),
        bearer("https://a/token", Some("r"), Some("repository:a/b:pull,push"))
    );
    assert_eq!(one(r#"bearer  realm = "a\"b" , service=r"#), bearer("a\"b", Some("r"), None));
    assert_eq!(one(r#"Basic realm="x, Bearer realm=y""#), Some(Challenge::Basic));
    assert_eq!(one(r#"Basic realm="x", Bearer realm="y""#), bearer("y", None, None));
    assert_eq!(choose(["Basic realm=x", "Bearer realm=y"].into_iter()), bearer("y", None, None));
    assert_eq!(one("Bearer service=x"), None);
    assert_eq!(one(r#"Bearer realm="never ends"#), None);
    assert_eq!(one("Negotiate"), None);
    assert_eq!(one("realm=x, \u{e9}, \"\""), None);
    assert_eq!(one(""), None);
}
