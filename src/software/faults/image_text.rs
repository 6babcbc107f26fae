//! Text that may name the image, and the same text for another image.

use std::ops::Range;

/// A message or help, with the place of the image's name in it.
#[derive(Clone, Debug, Default)]
pub struct ImageText {
    pub text: String,
    /// Where the image is named.
    name: Option<Range<usize>>,
}

impl ImageText {
    /// A text with the name of the image between two parts.
    pub fn around(before: &str, image: &str, after: &str) -> ImageText {
        let name = before.len()..before.len() + image.len();
        ImageText { text: format!("{before}{image}{after}"), name: Some(name) }
    }

    /// The text with the name of another image.
    pub fn naming(&self, image: &str) -> String {
        let Some(Range { start, end }) = self.name else { return self.text.clone() };
        let (before, after) = (self.text.get(..start), self.text.get(end..));
        [before.unwrap_or_default(), image, after.unwrap_or_default()].concat()
    }
}

impl From<String> for ImageText {
    fn from(text: String) -> Self {
        ImageText { text, name: None }
    }
}

impl From<&str> for ImageText {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_image_gets_another_name() {
        let text = ImageText::around("`debian` is not in ", "debian", ", not in debian");
        assert_eq!(text.text, "`debian` is not in debian, not in debian");
        assert_eq!(text.naming("é/alpine:3"), "`debian` is not in é/alpine:3, not in debian");
        assert_eq!(ImageText::from("debian").naming("alpine"), "debian");
    }
}
