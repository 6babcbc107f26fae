//! `base_image(stack=, version=, distro=)`: the maintained official image of a stack that there is for
//! the platform, from the catalogue in [`crate::image`].
//!
//! What is asked for may be the value of a variable, which no message may hold: only what the template
//! itself has in quotes is shown.

use std::sync::OnceLock;

use tera::Kwargs;

use crate::device_types::Registry;
use crate::escape::shortened;
use crate::image::{Catalogue, Platform, Successor, Wanted};
use crate::nearest::did_you_mean;

/// The distributions that there are.
const DISTROS: [&str; 4] = ["debian", "alpine", "ubuntu", "fedora"];

/// What a look into the catalogue costs, in steps.
pub(super) const STEPS: u64 = 5000;

/// What is asked for.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arguments {
    stack: Option<String>,
    version: Option<String>,
    distro: Option<String>,
    slim: bool,
}

/// What is wrong, and what to do.
type ImageFault = (String, Vec<String>);

/// Whether the template has a text in quotes.
pub(super) type Written<'w> = &'w dyn Fn(&str) -> bool;

/// The catalogue of official images knows no device types, so that the shipped registry does.
fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(crate::device_types::Registry::embedded)
}

impl Arguments {
    /// Reads the arguments of a call.
    ///
    /// # Errors
    /// When there is one that it does not take, or of another kind.
    pub(super) fn read(arguments: &Kwargs, written: Written) -> Result<Self, ImageFault> {
        const KNOWN: [&str; 4] = ["stack", "version", "distro", "slim"];
        let odd = arguments.iter().filter_map(|(name, _)| name.as_str()).find(|name| !KNOWN.contains(name));
        if let Some(name) = odd {
            let (shown, hidden) =
                ("`base_image` takes no", "`base_image` takes no argument of a name given here");
            let help = (did_you_mean(name, KNOWN), format!("it takes {}", KNOWN.join(", ")));
            return Err(unknown(name, written, Messages { shown, hidden }, help));
        }
        let text = |name| {
            let text = arguments.get::<&str>(name).map(|text| text.map(str::to_owned));
            text.map_err(|_| {
                let help = format!("write it in quotes: {name}=\"...\"");
                (format!("`{name}` of `base_image` has to be a text"), vec![help])
            })
        };
        let slim = arguments.get::<bool>("slim");
        let slim = slim.map_err(|_| ("`slim` of `base_image` is true or false".to_owned(), Vec::new()))?;
        let (stack, version, distro) = (text("stack")?, text("version")?, text("distro")?);
        Ok(Arguments { stack, version, distro, slim: slim.unwrap_or(false) })
    }

    /// The request as words for a message.
    fn words(&self, written: Written) -> String {
        let shown = |text: &str, instead: &str| match written(text) {
            true => shortened(text, 40).into_owned(),
            false => instead.to_owned(),
        };
        let distro = self.distro.as_ref().map(|distro| shown(distro, "the distribution given here"));
        let mut words = match (&self.stack, &distro) {
            (Some(stack), _) => shown(stack, "the stack given here"),
            (None, Some(distro)) => distro.clone(),
            (None, None) => "debian".to_owned(),
        };
        if let Some(version) = &self.version {
            words.push_str(&format!(" {}", shown(version, "in the version given here")));
        }
        if self.stack.is_some() {
            words.push_str(&format!(" on {}", distro.as_deref().unwrap_or("debian")));
        }
        words
    }

    fn look(&self, distro: Option<&str>, version: Option<&str>, platform: &Platform) -> Option<Successor> {
        let stack = self.stack.as_deref();
        // Of a bare distribution the version is its release.
        let (version, release) = if stack.is_some() { (version, None) } else { (None, version) };
        let wanted = Wanted { stack, version, distro, release, slim: self.slim, ..Wanted::default() };
        Catalogue::new(registry()).successor(&wanted, std::slice::from_ref(platform))
    }

    /// The reference of the image.
    ///
    /// # Errors
    /// When there is none of that version for the platform, with the nearest that there is.
    pub(super) fn image(&self, platform: &str, written: Written) -> Result<String, ImageFault> {
        if self.stack.is_none() && self.distro.is_none() {
            return Err(("`base_image` needs a `stack` or a `distro`".to_owned(), vec![EXAMPLE.to_owned()]));
        }
        let distro = self.distro.as_deref();
        if let Some(distro) = distro.filter(|distro| !DISTROS.contains(distro)) {
            let hidden = "there is no distribution of the name given here";
            let messages = Messages { shown: "no distribution is called", hidden };
            let help = (did_you_mean(distro, DISTROS), format!("there are {}", DISTROS.join(", ")));
            return Err(unknown(distro, written, messages, help));
        }
        if let Some(stack) = &self.stack {
            if let Err(near) = Catalogue::new(registry()).list(Some(stack), None) {
                let hidden = "there is no official image of the name given here";
                let messages = Messages { shown: "no official image is called", hidden };
                return Err(unknown(stack, written, messages, (near, "`dtpl images` lists them".to_owned())));
            }
            if distro.is_some_and(|distro| distro != "debian" && distro != "alpine") {
                let message = format!("there are no official images of {}", self.words(written));
                return Err((message, vec!["images of a stack are based on debian or on alpine".to_owned()]));
            }
        }
        let Some(parsed) = Platform::parse(platform) else {
            return Err((format!("`{}` is no platform", shortened(platform, 40)), Vec::new()));
        };
        let mut found = self.look(distro, self.version.as_deref(), &parsed);
        if let Some(found) = &found
            && (self.version.is_none() || (found.same_version && found.same_release))
        {
            return Ok(found.reference.text().to_owned());
        }
        if found.is_none() && self.stack.is_some() {
            found = self.look(Some("alpine"), self.version.as_deref(), &parsed);
        }
        let help = match found {
            Some(found) => format!("the nearest maintained image is {}", found.reference.text()),
            None => "`dtpl images --stack STACK` lists what there is, and for which platforms".to_owned(),
        };
        let words = self.words(written);
        Err((format!("there is no maintained official image of {words} for {platform}"), vec![help]))
    }
}

/// The messages about a name that does not exist: the first, with the name after it, if the template itself
/// has the name, else the second.
struct Messages {
    shown: &'static str,
    hidden: &'static str,
}

/// The fault of a name that does not exist. The help is the first text, if the name is shown and there is a
/// near one, else the second.
fn unknown(name: &str, written: Written, messages: Messages, help: (Option<String>, String)) -> ImageFault {
    let (near, all) = help;
    match written(name) {
        true => (format!("{} `{}`", messages.shown, shortened(name, 40)), vec![near.unwrap_or(all)]),
        false => (messages.hidden.to_owned(), vec![all]),
    }
}

const EXAMPLE: &str = "write base_image(stack=\"python\", version=\"3.12\")";
