//! What is true of every instruction of a kind: what it does, and why that matters.

use crate::dockerfile::Keyword;

use Keyword as K;

/// What an instruction of this kind does, as a sentence.
///
/// ```
/// use dtpl::{dockerfile::Keyword, explain::does};
/// assert_eq!(does(Keyword::Stopsignal), "Sets the signal that asks the program to end.");
/// ```
pub fn does(keyword: Keyword) -> &'static str {
    match keyword {
        K::Add => "Puts files into the image: from the build context, from a URL, or out of a tar archive.",
        K::Arg => "Declares a variable of the build, which `--build-arg` may set.",
        K::Cmd => "Says what a container runs when it starts.",
        K::Copy => "Puts files into the image.",
        K::Entrypoint => "Sets the program that a container always starts.",
        K::Env => "Sets environment variables, for the rest of the build and in the container.",
        K::Expose => "Notes on which ports the program listens.",
        K::From => "Starts a stage from a base image.",
        K::Healthcheck => "Sets a command that tells whether the container still works.",
        K::Label => "Writes names and values into the description of the image.",
        K::Maintainer => "Names the author.",
        K::Onbuild => "Keeps an instruction for later: it runs when another image is built from this one.",
        K::Run => "Runs a command in the image as it is so far, and keeps the files that it changed.",
        K::Shell => "Sets the shell for the commands that are not written as a JSON array.",
        K::Stopsignal => "Sets the signal that asks the program to end.",
        K::User => "Sets the user for what follows: in the build, and in the container.",
        K::Volume => "Marks folders whose content lives outside of the container.",
        K::Workdir => "Sets the folder for what follows, and makes it if it is not there.",
    }
}

/// Why an instruction of this kind matters, as a sentence or two.
pub fn matters(keyword: Keyword) -> &'static str {
    match keyword {
        K::Add => "COPY does less and says more: take it where a plain file is all there is to copy.",
        K::Arg => {
            "It is there during the build only. The history of the image shows its value: it is no place for \
             a secret."
        }
        K::Cmd => {
            "RUN runs while the image is built, CMD when a container starts. Words behind the image's name \
             in `docker run` take its place."
        }
        K::Copy => {
            "Only what lies in the build context can be copied, less what `.dockerignore` leaves out. What \
             seldom changes is copied first: everything behind a changed layer is built anew."
        }
        K::Entrypoint => "CMD then gives its arguments, and so do the words behind the image's name.",
        K::Env => "A container keeps them, and `docker run -e` or the device's own variables override them.",
        K::Expose => "It tells people and tools which ports there are.",
        K::From => {
            "Everything else builds on it: the operating system, the processor it is for, and the versions \
             of what is installed."
        }
        K::Healthcheck => "A program that hangs has not ended: only asking it shows that.",
        K::Label => "Tools read them: who made the image, from which revision.",
        K::Maintainer => "It is out of date: write LABEL org.opencontainers.image.authors=... instead.",
        K::Onbuild => {
            "It surprises whoever builds from this image: the instruction does not stand in their file."
        }
        K::Run => {
            "What is installed here is in the image, and need not be fetched on the device. Files that a \
             later RUN removes still take their place in this layer."
        }
        K::Shell => "Bash with `-o pipefail`, for example, stops at a failure in the middle of a pipe.",
        K::Stopsignal => "A program that knows it can put things in order before it ends.",
        K::User => "Without it everything runs as root, or as what the base image says.",
        K::Volume => {
            "What is written there outlives the container's own files. `docker run -v` and compose can name a \
             volume without it."
        }
        K::Workdir => "Paths that do not start with `/` are read from here, so the file need not repeat it.",
    }
}
