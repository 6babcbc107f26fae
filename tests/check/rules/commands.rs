//! Rules about what is run, and about the other instructions.

use super::super::case::{Case, catches, catches_not};
use super::py;

#[test]
fn multiple_cmd() {
    catches("multiple-cmd", &py("ENTRYPOINT a\nENTRYPOINT [\"b\"]"));
    catches("multiple-cmd", &py("HEALTHCHECK NONE\nHEALTHCHECK CMD a"));
    catches_not("multiple-cmd", "FROM a:1 AS a\nCMD a\nFROM b:1\nCMD b\nENTRYPOINT c\n");
}

#[test]
fn split_apt_update() {
    catches("split-apt-update", &py("RUN sudo apt-get -y update;"));
    catches("split-apt-update", &py("RUN [\"apt\", \"update\"]"));
    catches("split-apt-update", &py("RUN apt-get update"));
    catches_not("split-apt-update", &py("RUN apt-get update \\\n # why\n && apt-get -y install \\\n curl"));
    catches_not("split-apt-update", &py("RUN <<E\napt-get update\napt-get install -y curl\nE"));
    catches_not("split-apt-update", &py("RUN echo apt-get update"));
    catches("split-apt-update", &py("RUN bash -c 'apt-get -o A=b update'"));
    catches("split-apt-update", &py("RUN test -n \"$(apt-get update)\""));
    catches_not("split-apt-update", &py("RUN case $A in apt-get|update) b ;; esac"));
    catches_not("split-apt-update", &py("RUN cat <<E > /apt.sh\napt-get update\nE"));
    for also in [
        "echo a > /etc/apt/sources.list.d/a.list &&",
        "curl a | apt-key add - &&",
        "bash -c 'sleep 1' &&",
        "dpkg --add-architecture armhf &&",
        "A=b /bin/true &&",
    ] {
        catches("split-apt-update", &py(&format!("RUN {also} apt-get update")));
    }
    // What another program does with the lists is not known.
    for also in [
        "rosdep install -y a",
        "./install",
        "/opt/install",
        "make deps",
        "apt-cache policy a",
        "apt-get source a",
        "apt-get -y autoremove",
        "xx-apt-get install -y a",
        "npx playwright install --with-deps",
        "eval \"$A\"",
        "$APT install -y a",
        "curl a | sh",
        "bash -c \"$(curl a)\"",
        ". ./a",
        "chroot / apt-get -y install a",
        "dpkg -i a.deb",
        "apt-get dist-clean",
        "rm -rf /var/lib/apt/lists/*",
    ] {
        catches_not("split-apt-update", &py(&format!("RUN apt-get update && {also}")));
    }
    // The install is in the same layer, or the lists are in none.
    catches_not("split-apt-update", &py("RUN apt-get update && xargs apt-get install -y < list.txt"));
    catches_not("split-apt-update", &py("RUN --mount=type=cache,target=/var/lib/apt apt-get update"));
}

#[test]
fn pip_cache() {
    catches("pip-cache", &py("RUN apk add x && pip3 install --upgrade a==1"));
    catches("pip-cache", &py("RUN [\"sh\", \"-c\", \"pip install a==1\"]"));
    catches("pip-cache", &py("RUN A=${B:-c d} pip --proxy x install a==1 2>&1"));
    catches_not("pip-cache", &py("RUN python3 <<E\npip install a==1\nE"));
    catches_not("pip-cache", &py("SHELL [\"pwsh\", \"-c\"]\nRUN pip install a==1"));
    catches_not("pip-cache", &py("ENV PIP_NO_CACHE_DIR=1\nRUN pip install a==1"));
    catches_not("pip-cache", &py("RUN --mount=type=cache,target=/root/.cache pip install a==1"));
    catches_not("pip-cache", &py("RUN --mount=target=/root/.cache,type=cache pip install a==1"));
    catches_not("pip-cache", &py("RUN pip install a==1 && rm -rf ~/.cache/pip"));
    catches_not("pip-cache", &py("RUN pip install --no-index --find-links=/w a==1"));
    for option in ["--no-cache-dir", "--no-cache", "--no-cache-d", "--no-ca", "--no-ind"] {
        catches_not("pip-cache", &py(&format!("RUN pip install {option} a==1")));
        catches_not("pip-cache", &py(&format!("RUN pip {option} install a==1")));
    }
    // The beginning of several options, and what is none.
    for option in ["--no-c", "--no-color", "--no-in", "--no-input", "--no-cache-dirs"] {
        catches("pip-cache", &py(&format!("RUN pip install {option} a==1")));
    }
    catches_not("pip-cache", &py("RUN export PIP_NO_CACHE_DIR=1 && pip install a==1"));
    catches_not("pip-cache", &py("RUN pip config set global.no-cache-dir true && pip install a==1"));
    catches_not("pip-cache", &py("RUN pip config set install.no-cache-dir true\nRUN pip install a==1"));
    catches_not("pip-cache", &py("RUN pip install --no-cache a==1"));
    catches_not("pip-cache", &py("COPY pip.conf /etc/pip.conf\nRUN pip install a==1"));
    catches("pip-cache", &py("RUN export PIP_INDEX_URL=a && pip install a==1"));
}

#[test]
fn unpinned_requirement() {
    let found = catches("unpinned-requirement", &py("RUN pip install --no-cache-dir -i x a==1 'flask>=2'"));
    assert_eq!(found.message, "`flask>=2` is not pinned to one version");
    catches_not("unpinned-requirement", &py("RUN pip install -r requirements.txt ./here -e . a@b c==1"));
    catches_not("unpinned-requirement", &py("RUN pip install -c limits.txt flask"));
    catches_not("unpinned-requirement", &py("RUN pip install -climits.txt flask"));
    catches_not("unpinned-requirement", &py("RUN pip install --constraint=limits.txt flask"));
    catches_not("unpinned-requirement", &py("RUN pip install --no-index --find-links=/w flask"));
    catches_not("unpinned-requirement", &py("ENV PIP_CONSTRAINT=/limits.txt\nRUN pip install flask"));
    let limited = Case::new(&py("COPY needs.txt .\nRUN pip install -r needs.txt"));
    let limited = limited.file("needs.txt", "-c limits.txt\nflask\n");
    assert!(!limited.rules().contains(&"unpinned-requirement".to_owned()));
    for option in ["--use-deprecated a", "--log a.txt", "--report a.json", "--global-option a", "--cert a"] {
        catches_not("unpinned-requirement", &py(&format!("RUN pip install {option} b==1")));
    }
    let list = Case::new(&py("COPY src/needs.txt /tmp/\nRUN pip install -r /tmp/needs.txt"))
        .file("src/needs.txt", "# all\nFlask==1.0\nrequests # any\n-r other.txt\n");
    let found = list.findings().into_iter().find(|found| found.rule == "unpinned-requirement").unwrap();
    assert!(found.source.name().ends_with("src/needs.txt"), "{}", found.source.name());
    assert_eq!(&found.source.bytes()[found.span], b"requests");
}

#[test]
fn legacy_env() {
    catches("legacy-env", &py("LABEL a b"));
    catches_not("legacy-env", &py("ENV A=1 B=\"2 3\""));
    // What does not depend on an unknown name is found all the same.
    catches("legacy-env", &py("ENV A %%NOT_SET%%"));
    // A part of a value is not shown as the name.
    let case = Case::new(&py("ENV %%SECRET%% a")).define("SECRET", "qzk wxv");
    let found = case.findings().into_iter().find(|finding| finding.rule == "legacy-env").unwrap();
    assert_eq!(found.help, ["write ENV %%SECRET%%=..."]);
}

#[test]
fn expose_publishes_nothing() {
    catches("expose-publishes-nothing", &py("EXPOSE 80 443"));
    catches_not("expose-publishes-nothing", &py("ENV PORT=80"));
}

#[test]
fn first_instruction() {
    catches("first-instruction", "RUN true\nFROM a:1\n");
    catches_not("first-instruction", "ARG A=1\nFROM a:$A\n");
}

#[test]
fn syntax() {
    catches("syntax", "");
    catches("syntax", "FROM a:1\nCOPY b\n");
    catches_not("syntax", "FROM a:1\nCOPY b c\n");
}
