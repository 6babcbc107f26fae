//! What a Dockerfile runs, in order, with the scripts of the project.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use crate::check::IgnoreReader;
use crate::compose::tree::{At, Node};
use crate::context::BuildContext;
use crate::dockerfile::{BuildOptions, Dockerfile, Evaluation};
use crate::software::usage::{Event, Step, StepFile, Usage, When, chain};
use crate::source::Source;

/// The events of the stage that is built, in short: `name` is a program (`?` may not run, `>` runs in the container,
/// `a.sh:name` is in a script), `+name` is made, `=path` is copied, `!Why` is not known.
fn short(text: &str, files: &[(&str, &str)]) -> String {
    short_with(text, files, None)
}

fn short_with(text: &str, files: &[(&str, &str)], service: Option<&Node>) -> String {
    seen(text, files, service, |events| events.iter().map(shown).collect::<Vec<_>>().join(" "))
}

fn seen<T>(text: &str, files: &[(&str, &str)], service: Option<&Node>, look: impl Fn(&[Event]) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let context = BuildContext::open(folder.path(), "", None, IgnoreReader::Docker).unwrap();
    let source = Arc::new(Source::new("Dockerfile", text));
    let file = Dockerfile::parse(&source).unwrap();
    let evaluation = file.evaluate(&BuildOptions::of_platform("linux/arm64"));
    look(&of_target(Usage::of(&file, &evaluation, context.as_ref(), service), &evaluation))
}

/// What happens in the stage that is built, and before that in those that it is built on.
fn of_target(usage: Usage, evaluation: &Evaluation) -> Vec<Event> {
    let mut stages: Vec<usize> = chain(evaluation, evaluation.target).collect();
    stages.reverse();
    stages.into_iter().flat_map(|stage| usage.stages[stage].clone()).collect()
}

fn shown(event: &Event) -> String {
    match event {
        Event::Step(step) => shown_step(step),
        Event::Opaque(why) => format!("!{why:?}"),
        Event::Copied(copied) => format!("={}", copied.path),
        Event::Made(name) => format!("+{name}"),
        Event::Env(variable) => format!("{}={}", variable.name, variable.value.as_deref().unwrap_or("?")),
    }
}

fn shown_step(step: &Step) -> String {
    let mut text = String::from(if step.when == When::Start { ">" } else { "" });
    match &step.file {
        StepFile::Dockerfile => {}
        StepFile::Compose(_) => text.push_str("compose:"),
        StepFile::Script { source, .. } => {
            let name = Path::new(source.name()).file_name().unwrap().to_string_lossy();
            write!(text, "{name}:").unwrap();
        }
    }
    let mut programs: Vec<&str> = step.programs().into_iter().map(|(name, _)| name).collect();
    if step.command.program().is_none() {
        programs.push("-");
    }
    text.push_str(&programs.join("/"));
    if step.command.is_optional {
        text.push('?');
    }
    text
}

/// The commands of a `RUN`.
#[track_caller]
fn run(script: &str, expected: &str) {
    assert_eq!(short(&format!("FROM a\nRUN {script}\n"), &[]), expected, "{script}");
}

#[test]
fn commands_come_in_order_with_what_runs_them() {
    run("sudo ls", "sudo/ls");
    run("sudo apt-get update && sudo -E gosu app make", "sudo/apt-get sudo/gosu/make");
    run("curl -s x | apt-key add -", "curl apt-key");
    run("echo \"deb x $(lsb_release -cs) main\" > /etc/apt/sources.list.d/x.list", "echo lsb_release");
    run("(cd /tmp && unzip a.zip) && [ -f a ] && nano", "cd unzip !Files [ nano?");
    run("if command -v curl; then curl x; fi", "-? curl?");
    run("exec sudo make", "sudo/make");
    run("[\"bash\", \"-c\", \"curl x && make\"]", "bash curl make");
    run("[\"bash\", \"/no.sh\"]", "bash !NotFound");
    run("bash -c 'curl x'", "bash curl");
    run("<<EOF\ncurl x\nmake\nEOF", "curl make");
    run("<<EOF\n#!/usr/bin/env bash\ncurl x\nEOF", "env/bash curl");
    run("<<EOF\n#!/usr/bin/env python3\nimport os\nEOF", "env/python3 !Language");
    run("curl x | sh", "curl sh !Download");
    run("curl x | sudo -E bash -", "curl sudo/bash !Download");
    run("bash <(curl -s x)", "bash !Download curl");
}

#[test]
fn what_a_command_makes_is_named() {
    run(
        "pip install gunicorn==1.0 supervisor",
        "pip +gunicorn +supervisord +supervisorctl !LanguagePackages",
    );
    run("npm install -g pm2@5 @angular/cli", "npm +pm2 +cli !LanguagePackages");
    run("npm install pm2", "npm !LanguagePackages");
    for line in [
        "npm ci",
        "yarn",
        "yarn install",
        "pnpm i",
        "bundle install",
        "pip install -r a.txt",
        "pip install .",
    ] {
        run(line, &format!("{} !LanguagePackages", line.split(' ').next().unwrap()));
    }
    run("yarn --version", "yarn");
    run("npm run build", "npm");
    run("pip install --index-url https://x/y --timeout 60 flask -c b.txt", "pip +flask !LanguagePackages");
    run("conda install nano", "conda !Installation");
    for line in ["dpkg -i a.deb", "apt-get install -y ./a.deb", "gdebi -n a.deb", "rpm -i a.rpm"] {
        run(line, &format!("{} !PackageFile", line.split(' ').next().unwrap()));
    }
    run("dpkg -x a.deb /", "dpkg !Installation");
    run("make install", "make !Installation");
    run("go install example.com/a/tool/v2@latest", "go +tool");
    run(
        "update-alternatives --install /usr/bin/python python /usr/bin/python3 1",
        "update-alternatives +python",
    );
    run("curl -fsSLo /usr/local/bin/tool https://x/y", "curl +tool");
    run("cd /usr/local/bin && curl -LO https://x/y?z", "cd curl +y");
    run("wget -qO- https://x/y | tar xz -C /usr/local", "wget tar !Files !Folder");
    run("wget -qO- https://x/y | tar xz -C /opt", "wget tar !Files");
    run("wget -O /usr/bin/z https://x/y && chmod +x /usr/bin/z", "wget +z chmod +z");
    run("wget -P /usr/bin https://x/y", "wget +y");
    run("ln -s /opt/x/bin/node /usr/local/bin/", "ln +node");
    run("ln -sf /opt/x/bin/node /usr/bin/nodejs", "ln +nodejs");
    run("cp a b /usr/local/bin && mv c /usr/bin/d", "cp +a +b mv +d");
    run("install -m 755 a /usr/local/bin/a", "install +a");
    run("cp -r rootfs/. /", "cp !Files !Folder");
    run("cp bin/* /usr/local/bin/", "cp !Files !Folder");
    run("printf x > /usr/bin/a", "printf +a");
    run("echo x | tee /usr/bin/a", "echo tee +a");
    run("./configure && make && make install", "configure make make !Installation");
    run("[ -e a ] || pip install b", "[ pip? +b !LanguagePackages");
    run("python get-pip.py", "python +pip +pip3");
    run("curl x | python3 -", "curl python3 +pip +pip3 !LanguagePackages");
    run("./install.sh", "install.sh !NotFound");
    run("/opt/venv/bin/pip list", "pip");
    run(". /etc/os-release && echo x", ". echo");
    run("$TOOL x", "- !NotFound");
}

#[test]
fn files_that_are_not_named_may_come() {
    for line in [
        "git clone https://x/y",
        "tar xzf a.tgz",
        "unzip a.zip",
        "go mod init a",
        "npm init -y",
        "cp -r a b",
        "mv a/b .",
        "rsync a b",
        "touch go.mod",
        "curl -o package.json https://x/y",
        "svn co https://x/y",
    ] {
        run(line, &format!("{} !Files", line.split(' ').next().unwrap()));
    }
    for line in
        ["git config a b", "tar czf a.tgz b", "cp a b", "curl -o a https://x/y", "go build", "npm run a"]
    {
        run(line, line.split(' ').next().unwrap());
    }
    run("--mount=type=bind,target=/src go build", "!Files go");
    run("--mount=type=cache,target=/root/.cache go build", "go");
}

#[test]
fn a_shell_is_used_once_where_it_is_named() {
    let text = "FROM a\nSHELL [\"/bin/bash\", \"-c\"]\nRUN apk add bash\nRUN make\nCMD run\n";
    assert_eq!(short(text, &[]), "bash apk make >run");
    // What is used first is first, whatever is installed later.
    assert_eq!(
        short("FROM a\nRUN curl x | sh\nRUN apt-get install -y curl\n", &[]),
        "curl sh !Download apt-get"
    );
    // Where nothing runs in it, it is not used.
    assert_eq!(short("FROM a\nSHELL [\"/bin/bash\", \"-c\"]\nRUN [\"make\"]\n", &[]), "make");
    // That of the stage below counts as well, and that of the container.
    let text = "FROM a AS b\nSHELL [\"/bin/bash\", \"-c\"]\nFROM b\nUSER app\nCMD run\n";
    assert_eq!(short(text, &[]), ">bash >run");
    assert_eq!(short("FROM a\nCMD [\"bash\", \"run.sh\"]\n", &[]), ">bash");
    assert_eq!(short("FROM a\nCMD [\"bash\", \"-c\", \"a && b\"]\n", &[]), ">bash >a >b");
}

#[test]
fn scripts_of_the_project_are_read() {
    let start = "#!/bin/sh\ncurl x\nudevadm trigger\nif [ a ]; then balena-idle; fi\n";
    let expected = "=/start.sh >bash >start.sh:curl >start.sh:udevadm >start.sh:[? >start.sh:balena-idle?";
    let text = "FROM a\nCOPY start.sh /\nCMD [\"bash\",\"/start.sh\"]\n";
    assert_eq!(short(text, &[("start.sh", start)]), expected);
    // With Windows line ends, too.
    assert_eq!(short(text, &[("start.sh", &start.replace('\n', "\r\n"))]), expected);
    // The kernel starts what the first line names.
    let bash = "#!/usr/bin/env bash\ncurl x\n";
    for (copy, command) in [
        ("COPY . /app\nWORKDIR /app", "CMD ./start.sh"),
        ("WORKDIR /app\nCOPY . .", "CMD [\"/app/start.sh\"]"),
        ("COPY ./ /app/", "CMD cd /app && ./start.sh"),
        ("COPY start.sh /app/", "CMD [\"sh\", \"-c\", \"/app/start.sh\"]"),
        ("ENV APP=/app\nCOPY . $APP", "CMD $APP/start.sh"),
    ] {
        let found = short(&format!("FROM a\n{copy}\n{command}\n"), &[("start.sh", bash)]);
        assert!(found.ends_with(">start.sh >start.sh:env/bash >start.sh:curl"), "{copy} {command}: {found}");
    }
    // Through another stage, by its name alone, and in a build.
    let text =
        "FROM a AS b\nCOPY start.sh /x/\nFROM a\nCOPY --from=b /x/start.sh /usr/local/bin/go\nCMD [\"go\"]\n";
    assert_eq!(
        short(text, &[("start.sh", bash)]),
        "=/usr/local/bin/go >go >start.sh:env/bash >start.sh:curl"
    );
    let text = "FROM a\nRUN --mount=type=bind,target=/src /src/start.sh && make\n";
    assert_eq!(short(text, &[("start.sh", bash)]), "!Files start.sh start.sh:env/bash start.sh:curl make");
    let text = "FROM a\nCOPY start.sh /\nRUN test -f x || /start.sh\n";
    assert_eq!(
        short(text, &[("start.sh", bash)]),
        "=/start.sh test start.sh? start.sh:env/bash? start.sh:curl?"
    );
    // Other languages are not read.
    let python = [("start.sh", "#!/usr/bin/python3\nimport os\n"), ("tool", "\u{0}ELF")];
    let text = "FROM a\nCOPY . /\nRUN /start.sh\nRUN /tool\n";
    assert_eq!(short(text, &python), "=/ start.sh start.sh:python3 !Language tool !NotFound");
}

#[test]
fn an_entrypoint_runs_what_it_is_given() {
    let entry = "#!/bin/bash\nif [ \"$1\" = a ]; then exec gosu app \"$@\"; fi\nexec \"$@\"\n";
    let text = "FROM a\nCOPY entry.sh /usr/bin/entry.sh\nENTRYPOINT [\"/usr/bin/entry.sh\"]\nCMD [\"curl\", \"x\"]\n";
    let found =
        "=/usr/bin/entry.sh >entry.sh >entry.sh:bash >entry.sh:[? >entry.sh:gosu/-? >entry.sh:- >curl";
    assert_eq!(short(text, &[("entry.sh", entry)]), found);
    let text = "FROM a\nCOPY entry.sh /\nENTRYPOINT [\"/entry.sh\"]\nCMD curl x\n";
    let found = short(text, &[("entry.sh", "#!/bin/sh\nexec \"$@\"\n")]);
    assert_eq!(found, "=/entry.sh >entry.sh >entry.sh:sh >entry.sh:- >sh >curl");
    // Given to itself it ends.
    let words = vec!["\"/entry.sh\""; 1000].join(",");
    let text = format!("FROM a\nCOPY entry.sh /\nENTRYPOINT [{words}]\n");
    assert!(short(&text, &[("entry.sh", entry)]).len() < 500);
}

#[test]
fn scripts_are_followed_two_levels_deep() {
    let files = [
        ("a.sh", "#!/bin/sh\ncd \"$(dirname \"$0\")\"\n./b.sh\n. \"$(dirname \"$0\")/lib.sh\"\n"),
        ("b.sh", "#!/bin/sh\nmake\n/app/c.sh\n"),
        ("c.sh", "#!/bin/sh\ncurl\n"),
        ("lib.sh", "#!/bin/sh\nnano\nhelp() { less; }\n"),
    ];
    let text = "FROM a\nCOPY . /app/\nRUN /app/a.sh\n";
    let expected = "=/app a.sh a.sh:sh a.sh:cd a.sh:dirname a.sh:b.sh b.sh:sh b.sh:make b.sh:c.sh !TooMuch a.sh:. \
         lib.sh:nano lib.sh:less? a.sh:dirname";
    assert_eq!(short(text, &files), expected);
    // Scripts that call each other end.
    let files = [("a.sh", "#!/bin/sh\n/app/b.sh\n"), ("b.sh", "#!/bin/sh\n/app/a.sh\n/app/b.sh\n")];
    let found = short(text, &files);
    assert_eq!(found, "=/app a.sh a.sh:sh a.sh:b.sh b.sh:sh b.sh:a.sh !TooMuch b.sh:b.sh !TooMuch");
}

#[test]
fn a_script_that_is_too_large_is_not_read() {
    let long = format!("#!/bin/sh\n{}", "curl x\n".repeat(40_000));
    let text = "FROM a\nCOPY a.sh /\nRUN /a.sh\nRUN make\n";
    assert_eq!(short(text, &[("a.sh", &long)]), "=/a.sh a.sh !TooMuch make");
}

#[test]
fn the_compose_file_goes_before_the_instructions() {
    let source = Arc::new(Source::new("docker-compose.yml", "command: bash /start.sh\n"));
    let at = At { source, span: 9..23 };
    let field = |name: &str, text: &str| {
        let mut map = crate::compose::tree::Map::new();
        let node = Node::text(&at, text);
        map.insert(name.to_owned(), crate::compose::tree::Entry { key: at.clone(), node });
        Node::new(&at, crate::compose::tree::Value::Map(map))
    };
    let files = [("start.sh", "curl x\n")];
    let text = "FROM a\nCOPY start.sh /\nCMD run\n";
    let found = short_with(text, &files, Some(&field("command", "bash /start.sh")));
    assert_eq!(found, "=/start.sh >compose:bash >start.sh:curl");
    let text = "FROM a\nCOPY start.sh /\nENTRYPOINT [\"sh\"]\nCMD [\"x\"]\n";
    let found = short_with(text, &files, Some(&field("command", "/start.sh")));
    assert_eq!(found, "=/start.sh >sh >start.sh:curl");
    // Its check takes the place of that of the image.
    let check = |test: &str| {
        let mut map = crate::compose::tree::Map::new();
        let entry = crate::compose::tree::Entry { key: at.clone(), node: field("test", test) };
        map.insert("healthcheck".to_owned(), entry);
        Node::new(&at, crate::compose::tree::Value::Map(map))
    };
    let text = "FROM a\nHEALTHCHECK CMD wget x\n";
    assert_eq!(
        short_with(text, &[], Some(&check("curl x || exit 1"))),
        ">compose:sh >compose:curl >compose:exit?"
    );
}

#[test]
fn what_is_copied_brings_programs() {
    let files = [("entry.sh", "x"), ("rootfs/usr/bin/tool", "x"), ("rootfs/etc/a", "x"), ("bin/one", "x")];
    let copied = |copy: &str| short(&format!("FROM b AS build\nFROM a\n{copy}\n"), &files);
    assert_eq!(copied("COPY entry.sh /usr/bin/entry.sh"), "=/usr/bin/entry.sh");
    assert_eq!(copied("COPY entry.sh /usr/bin/"), "=/usr/bin/entry.sh");
    assert_eq!(copied("COPY rootfs/ /"), "=/ =/usr/bin/tool");
    assert_eq!(copied("COPY rootfs/usr /usr"), "=/usr =/usr/bin/tool");
    assert_eq!(copied("COPY bin /usr/local/bin"), "=/usr/local/bin =/usr/local/bin/one");
    assert_eq!(copied("COPY bin/* /usr/local/bin/"), "=/usr/local/bin/one");
    assert_eq!(copied("COPY . /app"), "=/app");
    assert_eq!(copied("COPY rootfs ."), "= =/usr/bin/tool");
    assert_eq!(copied("COPY --from=build /usr/local/bin/ /usr/local/bin/"), "=/usr/local/bin/bin !Folder");
    assert_eq!(copied("COPY --from=build /usr/local/bin/node /usr/local/bin/"), "=/usr/local/bin/node");
    assert_eq!(copied("COPY --from=build /app/server /usr/local/bin/server"), "=/usr/local/bin/server");
    assert_eq!(copied("COPY --from=build /out /app"), "=/app");
    assert_eq!(copied("COPY --from=build /src/app.jar /"), "=/app.jar");
    assert_eq!(copied("COPY --from=build /out /"), "=/out !Folder");
    assert_eq!(copied("COPY --from=nginx /usr/local /usr/local"), "=/usr/local !Folder");
    assert_eq!(copied("ADD rootfs.tar.gz /"), "=/ !Folder");
    assert_eq!(copied("ADD rootfs.tar.gz /opt/x"), "=/opt/x");
    assert_eq!(copied("ADD https://x.example/a/tool /usr/bin/"), "=/usr/bin/tool");
    assert_eq!(copied("COPY <<EOF /usr/bin/tool\nx\nEOF"), "=/usr/bin/tool");
}

#[test]
fn variables_and_triggers_are_there() {
    let text = "FROM a AS b\nONBUILD RUN curl x\nUSER app\nARG P=\"git make\"\nFROM b\nENV A=1 B=$Q\nARG P=\"git make\"\n\
        RUN apt-get install $P && P=x && echo $P\n";
    assert_eq!(short(text, &[]), "P=git make curl A=1 B=? P=git make apt-get - echo");
    let words =
        seen("FROM a\nARG P=\"git make\"\nRUN apt-get install $P \"$P\" '$P' ${Q}\n", &[], None, |events| {
            let Some(Event::Step(step)) = events.last() else { panic!() };
            let words = step.command.words.iter().map(|word| word.text.clone());
            words.collect::<Vec<_>>()
        });
    assert_eq!(words, ["apt-get", "install", "git", "make", "git make", "$P", "${Q}"]);
    // A health check runs in the container.
    assert_eq!(short("FROM a\nHEALTHCHECK CMD curl x || exit 1\n", &[]), ">curl >exit?");
    assert_eq!(short("FROM a\nHEALTHCHECK CMD x\nHEALTHCHECK NONE\n", &[]), "");
    assert_eq!(short("FROM a\nHEALTHCHECK CMD [\"curl\", \"x\"]\nCMD [\"run\"]\n", &[]), ">run >curl");
    assert_eq!(short("FROM a\nHEALTHCHECK NONE\n", &[]), "");
}

#[test]
fn places_lead_to_the_script_and_to_the_call() {
    let text = "FROM a\nCOPY start.sh /\nCMD [\"bash\",\"/start.sh\"]\n";
    seen(text, &[("start.sh", "\ncurl x\n")], None, |events| {
        let Some(Event::Step(step)) = events.last() else { panic!() };
        let StepFile::Script { source, called_from, .. } = &step.file else { panic!() };
        assert_eq!(&source.bytes()[step.command.span()], b"curl x");
        assert_eq!(&text[called_from.clone()], "\"bash\",\"/start.sh\"");
    });
}

#[test]
fn scripts_of_a_package_are_read() {
    let package = "{\n  \"start\": \"x\",\n  \"scripts\": {\n    \"start\": \"udevadm trigger && node a.js\",\n    \
        \"build\": \"npm run start\"\n  }\n}\n";
    let text = "FROM a\nWORKDIR /app\nCOPY . .\nRUN npm run build\nCMD [\"npm\", \"start\"]\n";
    let found = short(text, &[("package.json", package)]);
    let start = "package.json:udevadm {}package.json:node";
    let (build, start) = (start.replace("{}", ""), format!(">{}", start.replace("{}", ">")));
    let all = "!LanguagePackages";
    assert_eq!(found, format!("=/app npm {all} package.json:npm {all} {build} >npm {all} {start}"));
    seen(text, &[("package.json", package)], None, |events| {
        let Some(Event::Step(step)) = events.last() else { panic!() };
        let StepFile::Script { source, .. } = &step.file else { panic!() };
        assert_eq!(&source.bytes()[step.command.span()], b"node a.js");
    });
}

/// The number of events of a file with so many calls of a script of as many commands.
fn work(calls: usize) -> usize {
    let script = format!("#!/bin/sh\n{}", "curl x\n".repeat(calls));
    let text = format!("FROM a\nCOPY a.sh /\n{}", "RUN /a.sh\n".repeat(calls));
    seen(&text, &[("a.sh", &script)], None, |events| events.len())
}

#[test]
fn work_is_linear() {
    assert_eq!(work(1000), 1 + 1000 + 1 + 1000);
    assert_eq!(work(2000), 1 + 2000 + 1 + 2000);
    // The files of folders are listed up to a limit.
    let names: Vec<String> = (0..500).map(|at| format!("bin/{at}")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "x")).collect();
    let text = format!("FROM a\n{}", "COPY bin /usr/local/bin\n".repeat(1000));
    let events = seen(&text, &files, None, |events| events.len());
    assert!((10_000..13_000).contains(&events), "{events}");
    // Many stages with the same script end at a limit.
    let stages = "FROM a\nCOPY a.sh /\nRUN /a.sh\n".repeat(200);
    let script = format!("#!/bin/sh\n{}", "curl x\n".repeat(1000));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.sh"), script).unwrap();
    let context = BuildContext::open(folder.path(), "", None, IgnoreReader::Docker).unwrap();
    let source = Arc::new(Source::new("Dockerfile", stages));
    let file = Dockerfile::parse(&source).unwrap();
    let evaluation = file.evaluate(&BuildOptions::of_platform("linux/arm64"));
    let usage = Usage::of(&file, &evaluation, context.as_ref(), None);
    assert!(usage.stages.iter().map(Vec::len).sum::<usize>() < 52_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is written, it is gone through.
    #[test]
    fn any_text_is_gone_through(lines in prop::collection::vec((0usize..12, ".{0,40}", "[-a-z./$@*{}\"' <>|&;()=]{0,60}"), 0..8)) {
        const STARTS: [&str; 12] = [
            "RUN ", "CMD ", "ENTRYPOINT ", "COPY ", "ADD ", "COPY --from=0 ", "SHELL ", "ENV ", "ARG ", "USER ",
            "HEALTHCHECK CMD ", "RUN --mount=type=bind,target=",
        ];
        let mut text = "FROM a\n".to_owned();
        for (start, any, shell) in &lines {
            let rest = if any.len() % 2 == 0 { shell } else { any };
            writeln!(text, "{}{rest}", STARTS[*start]).unwrap();
        }
        let script: String = lines.iter().map(|(_, any, shell)| format!("{shell}\n./a.sh {any}\n")).collect();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.sh"), script).unwrap();
        let context = BuildContext::open(folder.path(), "", None, IgnoreReader::Docker).unwrap();
        let source = Arc::new(Source::new("Dockerfile", format!("{text}COPY . /app/\nWORKDIR /app\nRUN ./a.sh\n")));
        let (file, _) = Dockerfile::read(&source);
        let evaluation = file.evaluate(&BuildOptions::of_platform("linux/arm64"));
        for event in of_target(Usage::of(&file, &evaluation, context.as_ref(), None), &evaluation) {
            if let Event::Step(step) = &event {
                let span = step.in_dockerfile();
                prop_assert!(span.end <= source.bytes().len());
            }
            shown(&event);
        }
    }
}
