//! The short form of a mount: `SOURCE:TARGET:OPTIONS`.

/// A mount of a service.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// A folder of the host, or the name of a volume; empty for a volume without a name.
    pub source: String,
    /// Where it is mounted.
    pub target: String,
    /// Whether the source is a folder of the host.
    pub is_bind: bool,
    /// Whether it is mounted read-only.
    pub is_read_only: bool,
    /// Whether a new volume stays empty, where otherwise it begins with what the image has at the target.
    pub is_empty_at_first: bool,
}

/// Reads the short form.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Volume, String> {
    let mut volume = Volume::default();
    match text.len() {
        0 => return Err("this mount is empty".to_owned()),
        1 | 2 => {
            text.clone_into(&mut volume.target);
            return Ok(volume);
        }
        _ => {}
    }
    let mut part = String::new();
    let mut open = 0_usize;
    let mut characters = text.chars().peekable();
    loop {
        let next = characters.next();
        match next {
            Some('$') if characters.peek() == Some(&'{') => {
                open += 1;
                part.push('$');
            }
            Some('}') if open > 0 => {
                open -= 1;
                part.push('}');
            }
            // The letter of a drive.
            Some(':') if part.chars().count() == 1 && part.chars().all(char::is_alphabetic) => part.push(':'),
            Some(c) if c != ':' || open > 0 => part.push(c),
            None if open > 0 => break,
            next => {
                section(&mut volume, &part, next.is_none())?;
                part.clear();
                if next.is_none() {
                    break;
                }
            }
        }
    }
    volume.is_bind = is_path(&volume.source);
    Ok(volume)
}

fn section(volume: &mut Volume, part: &str, is_last: bool) -> Result<(), String> {
    if part.is_empty() {
        return Err("a part of this mount is empty; write SOURCE:TARGET".to_owned());
    }
    if volume.source.is_empty() && is_last {
        part.clone_into(&mut volume.target);
    } else if volume.source.is_empty() {
        part.clone_into(&mut volume.source);
    } else if volume.target.is_empty() {
        part.clone_into(&mut volume.target);
    } else if !is_last {
        return Err("this mount has too many colons; write SOURCE:TARGET:OPTIONS".to_owned());
    } else {
        for option in part.split(',') {
            match option {
                "ro" => volume.is_read_only = true,
                "rw" => volume.is_read_only = false,
                "nocopy" => volume.is_empty_at_first = true,
                _ => {}
            }
        }
    }
    Ok(())
}

fn is_path(source: &str) -> bool {
    let mut characters = source.chars();
    let (first, second) = (characters.next(), characters.next());
    matches!(first, Some('.' | '/' | '~'))
        || source.starts_with("\\\\")
        || (first.is_some_and(char::is_alphabetic) && second == Some(':'))
}

#[test]
fn short_forms() {
    let parsed = |text| parse(text).map(|volume| (volume.source, volume.target, volume.is_bind));
    let of = |source: &str, target: &str, is_bind| Ok((source.to_owned(), target.to_owned(), is_bind));
    assert_eq!(parsed("/data"), of("", "/data", false));
    assert_eq!(parsed("db:/data:ro"), of("db", "/data", false));
    assert_eq!(parsed("./x:/data"), of("./x", "/data", true));
    assert_eq!(parsed("C:\\x:/data"), of("C:\\x", "/data", true));
    assert!(parsed("ab:/b:ro:z").is_err() && parsed(":/b").is_err());
}
