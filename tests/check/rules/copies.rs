//! Rules about `COPY` and `ADD`, and the files of the project.

use super::super::case::{Case, catches, catches_not};
use super::py;
use dtpl::Severity;

const INSTALL: &str = "RUN pip install --no-cache-dir -r requirements.txt";

#[test]
fn copy_before_install() {
    catches("copy-before-install", &py(&format!("ADD . /app\nWORKDIR /app\n{INSTALL}")));
    catches("copy-before-install", &py("COPY ./ ./\nRUN npm ci"));
    catches("copy-before-install", &py("COPY src/ /app/\nRUN pip install -r /app/requirements.txt"));
    catches(
        "copy-before-install",
        &py("COPY --chown=1 * /app/\nRUN cd /app && python3 -m pip install -r r.txt"),
    );
    catches_not("copy-before-install", &py(&format!("COPY requirements.txt .\n{INSTALL}\nCOPY . .")));
    catches_not("copy-before-install", &py(&format!("COPY requirements.txt .\nCOPY src/ lib/\n{INSTALL}")));
    catches_not("copy-before-install", &py("COPY . .\nRUN pip install ."));
    catches_not("copy-before-install", &py("COPY . .\nRUN pip install -r https://x.org/a.txt"));
    catches_not("copy-before-install", &py("COPY --from=0 . .\nRUN npm ci"));
    // What was installed before the copy is in the cache.
    catches_not("copy-before-install", &py("COPY package.json .\nRUN npm i\nCOPY . .\nRUN npm i"));
    let stages = "FROM node:24 AS a\nCOPY package.json .\nRUN npm ci\nFROM a\nCOPY . .\nRUN npm ci\n";
    catches_not("copy-before-install", stages);
    catches("copy-before-install", &stages.replace("FROM a\n", "FROM node:24\n"));
    catches("copy-before-install", &py(&format!("COPY . .\nRUN npm ci\n{INSTALL}")));
    // Two lists of one name are two.
    let two = "COPY a/requirements.txt a/\nRUN pip install -r a/requirements.txt\nCOPY . .\nRUN pip install -r b/requirements.txt";
    catches("copy-before-install", &py(two));
    // A stage that is not built on the other one knows nothing of its lists.
    let side = "FROM a:1 AS a\nFROM a AS b\nCOPY package.json .\nRUN npm ci\nFROM a\nCOPY . .\nRUN npm ci\n";
    catches("copy-before-install", side);
    catches_not("copy-before-install", &side.replace("FROM a\nCOPY . .", "FROM b\nCOPY . ."));
    // These read the source, too.
    catches("copy-before-install", &py("COPY . .\nRUN go mod download"));
    catches_not("copy-before-install", &py("COPY . .\nRUN go mod tidy && go mod vendor"));
}

#[test]
fn requirements_not_copied() {
    let found = catches(
        "requirements-not-copied",
        &py("COPY src/main.py ./\nRUN pip3 install -r /a/requirements.txt"),
    );
    assert_eq!(found.severity, Severity::Error);
    for brings in [
        "COPY . .",
        "COPY src ./",
        "COPY requirements.txt /tmp/",
        "COPY src/main.py requirements.txt ./",
        "COPY src/main.py /requirements.txt",
        "COPY require*.txt ./",
        "COPY --from=0 /x /y",
        "ADD https://x.org/requirements.txt ./",
        "RUN wget -O requirements.txt https://x.org/r",
        "RUN git clone https://x.org/r .",
        // Whatever makes the file without naming it.
        "RUN pip-compile",
        "RUN ./prepare",
        "RUN python make.py",
        "RUN pip freeze > /x/requirements.txt",
    ] {
        catches_not("requirements-not-copied", &py(&format!("{brings}\n{INSTALL}")));
    }
    catches_not(
        "requirements-not-copied",
        &py("RUN --mount=type=bind,target=. pip install -r requirements.txt"),
    );
    catches_not("requirements-not-copied", &py("RUN pip install -r https://x.org/r.txt"));
    // What is in an image of one's own is not known.
    catches_not("requirements-not-copied", &format!("FROM me/app:1\n{INSTALL}\n"));
    catches_not("requirements-not-copied", &format!("FROM python:3.13-alpine AS a\n{INSTALL}\nFROM a:1\n"));
    catches("requirements-not-copied", &py(&format!("RUN apk add x && mkdir /y\n{INSTALL}")));
}

#[test]
fn missing_copy_source() {
    let found = catches("missing-copy-source", &py("COPY requirement.txt main.py ./"));
    assert_eq!(found.help, ["did you mean `requirements.txt`?"]);
    let found = catches("missing-copy-source", &py("COPY main.py ./"));
    assert_eq!(found.help, ["there is `src/main.py`"]);
    let found = catches("missing-copy-source", &py("COPY scr/mian.py ./"));
    assert_eq!(found.help, ["did you mean `src/main.py`?"]);
    let relative = "paths are relative to the build context, not to the Dockerfile";
    let found = catches("missing-copy-source", &py("COPY nothing/main.rs ./"));
    assert_eq!(found.help, [relative]);
    // The file of one platform is not suggested for another.
    let case = Case::new("FROM alpine:3.22\nARG TARGETARCH\nCOPY bin/$TARGETARCH ./\n").file("bin/arm64", "");
    let findings = case.findings();
    assert!(findings.iter().flat_map(|found| &found.help).all(|help| !help.contains("did you mean")));
    assert_eq!(catches("missing-copy-source", &py("COPY *.nothing ./")).severity, Severity::Info);
    let classic = Case::new(&py("COPY *.nothing ./")).classic().findings();
    assert!(
        classic.iter().any(|found| found.rule == "missing-copy-source" && found.severity == Severity::Error)
    );
    for fine in [
        "COPY . .",
        "COPY /src/*.py .",
        "COPY s?c ./",
        "COPY $X ./",
        "COPY --from=a b c",
        "COPY <<E /x\nhi\nE",
        "ADD https://x.org/y z",
        "COPY [\"src/main.py\", \"/x y\"]",
        // Files that may be missing are copied by a pattern.
        "COPY requirements.txt nothing* .n?rc ./",
    ] {
        catches_not("missing-copy-source", &py(fine));
    }
    catches("missing-copy-source", &py("COPY requirements.txt nothing ./"));
    let ignored = Case::new(&py("COPY secret ./")).file("secret", "").findings();
    assert!(ignored.iter().any(|found| found.message == "`secret` is excluded from the build context"));
    let kept = Case::new(&py("COPY a/keep.log a ./"))
        .file(".dockerignore", "**/*.log\na\n!a/keep.log")
        .file("a/keep.log", "");
    assert!(!kept.rules().contains(&"missing-copy-source".to_owned()), "{:?}", kept.rules());
}

#[test]
fn copy_outside_context() {
    catches("copy-outside-context", &py("COPY src/../../x ./"));
    catches_not("copy-outside-context", &py("COPY src/../package.json ./"));
    catches("copy-outside-context", &py("COPY ../secret ./"));
    catches_not("copy-outside-context", &py("COPY ..data ../$A ./"));
    // BuildKit drops the `..` and finds the file; the classic builder refuses it.
    catches_not("copy-outside-context", &py("COPY ../package.json src/../../src/main.py ./"));
    let classic = Case::new(&py("COPY ../package.json ./")).classic();
    assert!(classic.rules().contains(&"copy-outside-context".to_owned()));
    catches_not("copy-outside-context", "FROM a:1 AS unused\nCOPY ../x ./\nFROM b:1\n");
}

#[test]
fn crlf_script() {
    const WINDOWS: &str = "#!/bin/sh\r\nexec python src/main.py\r\n";
    const UNIX: &str = "#!/bin/sh\nexec python src/main.py\n";
    let rules = |dockerfile: &str, text: &str| {
        let case = Case::new(&py(dockerfile)).file("start.sh", text).file("bin/run.sh", text);
        let case = case.file("a b.sh", text).file("bin/serve", text);
        case.rules().iter().filter(|rule| *rule == "crlf-script").count()
    };
    for started in [
        "COPY start.sh /\nENTRYPOINT [\"/start.sh\"]",
        "COPY start.sh /usr/bin/begin.sh\nCMD [\"begin.sh\"]",
        "COPY . /app\nCMD [\"bash\", \"/app/start.sh\"]",
        "COPY . .\nCMD ./start.sh --now",
        "COPY bin /opt/bin\nRUN /opt/bin/run.sh",
        "COPY bin/ ./bin/\nRUN sh -e bin/run.sh && rm -r bin",
        "COPY *.sh /\nRUN chmod +x /start.sh\nENTRYPOINT [\"tini\", \"--\", \"/start.sh\"]",
        "ADD [\"a b.sh\", \"/\"]\nENTRYPOINT [\"/a b.sh\"]",
        "COPY start.sh /\nFROM alpine:3.22\nCOPY start.sh /\nCMD [\"/start.sh\"]",
        // A shell, or a program that starts another one.
        "COPY start.sh /\nCMD [\"/bin/sh\", \"-c\", \"/start.sh\"]",
        "COPY start.sh /\nCMD exec /start.sh",
        "COPY start.sh /\nCMD cd /opt && /start.sh",
        "COPY start.sh /\nRUN cd /opt && /start.sh",
        "COPY start.sh /\nENTRYPOINT [\"dumb-init\", \"--\"]\nCMD [\"/start.sh\"]",
        "COPY start.sh /\nENTRYPOINT [\"tini\", \"-g\", \"--\"]\nCMD exec /start.sh",
        // During the build.
        "COPY start.sh .\nRUN ./start.sh",
        "WORKDIR /app\nCOPY start.sh .\nRUN sh start.sh",
        "RUN --mount=type=bind,source=bin,target=/src /src/run.sh",
        "RUN --mount=type=bind,target=/src /src/start.sh",
        // Without an ending.
        "COPY bin/serve /usr/local/bin/\nCMD [\"serve\"]",
        "COPY bin/serve /app/\nWORKDIR /app\nCMD [\"./serve\"]",
        // The first folder of `PATH` counts.
        "COPY bin/serve /usr/local/bin/\nCOPY src/main.py /bin/serve\nCMD [\"serve\"]",
        // Through other stages.
        "FROM alpine:3.22 AS files\nCOPY . /src\nFROM alpine:3.22\nCOPY --from=files /src/start.sh /\n\
         CMD [\"/start.sh\"]",
        "FROM alpine:3.22 AS files\nCOPY . /src\nFROM alpine:3.22\nCOPY --from=files /src/bin /opt/\n\
         CMD [\"/opt/run.sh\"]",
        "FROM alpine:3.22 AS files\nCOPY start.sh /\nFROM files\nENTRYPOINT [\"/start.sh\"]",
    ] {
        assert_eq!(rules(started, WINDOWS), 1, "{started}");
        assert_eq!(rules(started, UNIX), 0, "{started}");
    }
    for fine in [
        // It is not started, or is converted first, or is another file.
        "COPY start.sh /",
        "COPY start.sh /\nRUN chmod +x /start.sh",
        "COPY start.sh /\nRUN sed -i 's/\\r$//' /start.sh\nCMD [\"/start.sh\"]",
        "COPY start.sh /\nRUN dos2unix /start.sh\nCMD [\"/start.sh\"]",
        "COPY src /src\nCMD [\"/start.sh\"]",
        "COPY start.sh /\nCMD [\"/run.sh\"]",
        "COPY nothing /\nCMD [\"$START.sh\"]",
        // It is an argument of another program.
        "COPY start.sh /\nCMD [\"echo\", \"/start.sh\"]",
        "COPY start.sh /\nENTRYPOINT [\"cat\"]\nCMD [\"/start.sh\"]",
        "COPY start.sh /\nCMD [\"sh\", \"-c\", \"cat /start.sh\"]",
        "COPY start.sh /\nRUN sh -n /start.sh",
        "COPY start.sh /\nCMD if [ -f /x ]; then /start.sh; fi",
        // Another CMD counts, or none.
        "COPY start.sh /\nCMD [\"/start.sh\"]\nCMD [\"python\"]",
        "COPY start.sh /\nENTRYPOINT python\nCMD [\"/start.sh\"]",
        "COPY start.sh /\nCMD [\"/start.sh\"]\nFROM alpine:3.22\nCMD [\"true\"]",
        "FROM alpine:3.22 AS a\nCOPY start.sh /\nCMD [\"/start.sh\"]\nFROM a\nENTRYPOINT [\"true\"]",
        // It lies elsewhere, or something else is copied over it.
        "COPY start.sh /opt/\nCMD [\"/start.sh\"]",
        "COPY start.sh /\nCOPY --from=alpine:3.22 /start.sh /start.sh\nCMD [\"/start.sh\"]",
        "COPY start.sh /\nRUN cd /tmp && ./start.sh",
        "COPY start.sh /\nCMD cd /opt && ./start.sh",
        "COPY start.sh /\nCMD [\"sh\", \"-c\", \"cd /opt; sh start.sh\"]",
    ] {
        assert_eq!(rules(fine, WINDOWS), 0, "{fine}");
    }
    // Many commands and copies leave enough for what the container starts.
    let copies = "COPY src/main.py /opt/\n".repeat(40);
    let commands = "RUN apt-get update && pip list && pip check\n".repeat(60);
    let long = format!("COPY bin/serve /usr/local/bin/\n{copies}{commands}CMD [\"serve\"]");
    assert_eq!((rules(&long, WINDOWS), rules(&long, UNIX)), (1, 0));
    let programs = "RUN a.sh && b.sh && c.sh && d\n".repeat(500);
    let longer = format!("COPY bin/serve /usr/local/bin/\n{}{programs}CMD [\"serve\"]", copies.repeat(10));
    assert_eq!(rules(&longer, WINDOWS), 1);
    // Python takes the line ends of Windows, and the kernel does not. A shell takes the `#!` line for a comment.
    let serve = "COPY bin/serve /\nCMD [\"/serve\"]";
    let python = |end: &str| format!("#!/usr/bin/env python3{end}print(1)\r\n");
    assert_eq!((rules(serve, &python("\r\n")), rules(serve, &python("\n"))), (1, 0));
    assert_eq!(rules("COPY start.sh /\nCMD [\"sh\", \"/start.sh\"]", "#!/bin/sh\r\ntrue\n"), 0);
    // What Git is told to keep: the name, wherever the file lies.
    for (file, pattern) in [("bin/serve", "serve"), ("bin/a b", "\"a b\""), ("bin/a b.sh", "*.sh")] {
        let dockerfile = py(&format!("COPY [\"{file}\", \"/x\"]\nCMD [\"/x\"]"));
        let findings = Case::new(&dockerfile).file(file, WINDOWS).findings();
        let found = findings.iter().find(|found| found.rule == "crlf-script").unwrap();
        assert!(found.help.concat().contains(&format!("`{pattern} text eol=lf`")), "{found:?}");
    }
    // An entry script starts what it is given.
    let entry = "COPY . /app\nENTRYPOINT [\"/app/entry.sh\"]\nCMD [\"/app/start.sh\"]";
    let with = |last: &str| {
        let case = Case::new(&py(entry)).file("start.sh", WINDOWS);
        case.file("entry.sh", &format!("#!/bin/sh\n{last}\n")).rules().contains(&"crlf-script".to_owned())
    };
    assert_eq!((with("exec \"$@\""), with("cat \"$@\"")), (true, false));
    let relative = "COPY . /app\nWORKDIR /app\nENTRYPOINT [\"/app/entry.sh\"]\nCMD [\"./start.sh\"]";
    let with = |last: &str| {
        let case = Case::new(&py(relative)).file("start.sh", WINDOWS);
        case.file("entry.sh", &format!("#!/bin/sh\n{last}\n")).rules().contains(&"crlf-script".to_owned())
    };
    assert_eq!((with("exec \"$@\""), with("cd /opt\nexec \"$@\"")), (true, false));
    let from_elsewhere = relative.replace(
        "ENTRYPOINT [\"/app/entry.sh\"]\nCMD [\"./start.sh\"]",
        "CMD cd /opt && /app/entry.sh ./start.sh",
    );
    let case = Case::new(&py(&from_elsewhere)).file("start.sh", WINDOWS);
    let case = case.file("entry.sh", "#!/bin/sh\nexec \"$@\"\n");
    assert!(!case.rules().contains(&"crlf-script".to_owned()));
    // What the compose file starts counts, and not what the Dockerfile does.
    let composed = |fields: &str| -> Vec<(String, usize)> {
        let compose = format!("services:\n  a:\n    build: .\n    {fields}\n");
        let dockerfile = py("COPY start.sh /\nCOPY bin /opt\nCMD [\"/start.sh\"]");
        let case = Case::new(&dockerfile).file("docker-compose.yml", &compose).file("start.sh", WINDOWS);
        let findings = case.file("bin/run.sh", WINDOWS).findings();
        let found = findings.iter().filter(|found| found.rule == "crlf-script");
        let at = |found: &dtpl::Finding| found.source.line(found.span.start);
        let name = |found: &dtpl::Finding| found.source.name().rsplit('/').next().unwrap().to_owned();
        found.map(|found| (name(found), at(found))).collect()
    };
    let in_compose = |line: usize| vec![("docker-compose.yml".to_owned(), line)];
    assert_eq!(composed("image: x"), [("Dockerfile.template".to_owned(), 4)]);
    assert_eq!(composed("command: sleep infinity"), []);
    assert_eq!(composed("command: /opt/run.sh --now"), in_compose(4));
    assert_eq!(composed("command:\n      - sh\n      - /opt/run.sh"), in_compose(6));
    assert_eq!(composed("command: sh -c '/opt/run.sh'"), in_compose(4));
    assert_eq!(composed("command: sh -c 'cd /x && /opt/run.sh'"), in_compose(4));
    assert_eq!(composed("command: sh -c \"cd /x && ./start.sh\""), []);
    assert_eq!(composed("command: sh -c ./start.sh"), in_compose(4));
    assert_eq!(composed("entrypoint: [tini, --]\n    command: [/opt/run.sh]"), in_compose(5));
    assert_eq!(composed("entrypoint: [cat]"), []);
    assert_eq!(composed("entrypoint: []"), [("Dockerfile.template".to_owned(), 4)]);
    let page = |text: &str| Case::new(&py("COPY x.sh /\nCMD [\"/x.sh\"]")).file("x.sh", text).rules();
    assert!(page(WINDOWS).contains(&"crlf-script".to_owned()));
    catches_not("crlf-script", &py("COPY src/main.py /"));
}
