//! Where dtpl and the engine are known to differ, each with the reason; docs/compatibility.md lists them for
//! users. Any other difference fails the test.

/// Which of the two refuses a Dockerfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuses {
    /// Only the engine.
    Engine,
    /// Only dtpl.
    Dtpl,
    /// Both, but because of different instructions.
    Elsewhere,
}

/// A difference.
pub struct Difference {
    pub refuses: Refuses,
    /// A part of what is said by the one that refuses.
    pub says: &'static str,
    /// The check of the engine that complains about the same line.
    pub check: Option<&'static str>,
    pub why: &'static str,
}

pub const DIFFERENCES: &[Difference] = &[
    Difference {
        refuses: Refuses::Engine,
        says: "invalid mount target \"/\"",
        check: None,
        why: "a mount without a target is at the working directory, which a base image may set; the stand-ins set none",
    },
    Difference {
        refuses: Refuses::Engine,
        says: "",
        check: Some("UndefinedVar"),
        why: "a variable that nothing in the file sets may be one of the base image; the stand-ins set none",
    },
    Difference {
        refuses: Refuses::Dtpl,
        says: "a NUL byte",
        check: None,
        why: "no shell and no file name can have one",
    },
    Difference {
        refuses: Refuses::Engine,
        says: "unexpected query",
        check: None,
        why: "newer frontends know more queries of a Git repository",
    },
];
