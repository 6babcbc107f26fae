//! `--format merge`: the images that the rows of a matrix make up, and the commands that give pushed digests their tags.

mod common;

use common::{Run, Test};
use serde_json::{Value, json};

const FLEETS: &str =
    "fleets:\n  eu: {device: raspberrypi3}\n  us: {device: nuc}\n  mixed: {devices: [raspberrypi3, nuc]}\n";

/// Two services: one with another Dockerfile for each platform, one with the same for all.
fn project() -> Test {
    Test::new()
        .file("docker-compose.yml", "services: {web: {build: ./web}, api: {build: ./api}}\n")
        .file("web/Dockerfile.template", "FROM x/%%BALENA_ARCH%%\n")
        .file("web/Dockerfile.armv7hf", "FROM arm32v7/x\n")
        .file("api/Dockerfile", "FROM y\n")
        .file("fleets.yaml", FLEETS)
}

/// A digest that says where it comes from.
fn digest(number: u8) -> String {
    format!("sha256:{}", format!("{number:02x}").repeat(32))
}

/// The object of one build as buildx 0.29 writes it, with what dtpl does not read.
fn built(number: u8, names: &str) -> Value {
    json!({
        "buildx.build.ref": "farm/farm0/abc",
        "containerimage.config.digest": digest(200),
        "containerimage.descriptor": {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest(number), "size": 856},
        "containerimage.digest": digest(number),
        "image.name": names,
    })
}

fn text(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

const TAG: &str = "--tag r.example/{service}:v1";

fn lines(run: &Run) -> Vec<&str> {
    run.text().lines().collect()
}

#[test]
fn the_rows_of_the_merge_job_say_what_makes_up_each_image() {
    let run = project().args("batch -q --format merge").args(TAG).ok();
    assert_eq!(run.text().lines().count(), 1);
    let expected = json!({"include": [
        {
            "name": "api", "image": "r.example/api", "tags": ["r.example/api:v1"],
            "builds": ["api-amd64", "api-armv7"], "platforms": ["linux/amd64", "linux/arm/v7"],
            "fleets": ["us", "mixed", "eu"],
        },
        {
            "name": "web", "image": "r.example/web", "tags": ["r.example/web:v1"],
            "builds": ["web-amd64", "web-armv7"], "platforms": ["linux/amd64", "linux/arm/v7"],
            "fleets": ["us", "mixed", "eu"],
        },
    ]});
    let mut found = run.json();
    for row in found["include"].as_array_mut().unwrap() {
        // As the fleets come up in the rows.
        let mut fleets = row["fleets"].as_array().unwrap().clone();
        fleets.sort_by_key(|name| ["us", "mixed", "eu"].iter().position(|known| *name == json!(known)));
        row["fleets"] = Value::Array(fleets);
    }
    assert_eq!(found, expected);
    // The rows are those of the matrix.
    let matrix = project().args("batch -q --format matrix").args(TAG).ok().json();
    let names: Vec<&Value> = matrix["include"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["api-amd64", "api-armv7", "web-amd64", "web-armv7"]);
}

#[test]
fn a_fleet_has_an_image_of_its_own_where_its_tag_says_so() {
    let run = project().args("batch -q --format merge --tag r.example/{fleet}/{service}:v1 --tag r.example/{fleet}/{service}:latest").ok();
    let found = run.json();
    let rows: Vec<(&str, Vec<&str>)> = found["include"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            assert_eq!(row["tags"].as_array().unwrap().len(), 2);
            let builds = row["builds"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            (row["name"].as_str().unwrap(), builds.collect())
        })
        .collect();
    let expected = [
        ("eu-api", vec!["api-armv7"]),
        ("eu-web", vec!["web-armv7"]),
        ("mixed-api", vec!["api-amd64", "api-armv7"]),
        ("mixed-web", vec!["web-amd64", "web-armv7"]),
        ("us-api", vec!["api-amd64"]),
        ("us-web", vec!["web-amd64"]),
    ];
    assert_eq!(rows, expected);
}

/// The point of it: one tag from different Dockerfiles for its platforms.
#[test]
fn builds_with_other_dockerfiles_become_one_image() {
    let run = project()
        .file("m/web-amd64.json", text(&built(1, "r.example/web")))
        .file("m/web-armv7.json", text(&built(2, "r.example/web")))
        .file("m/api-armv7.json", text(&built(3, "r.example/api")))
        .file("m/api-amd64.json", text(&built(4, "r.example/api")))
        .args("batch --format merge --tag r.example/{service}:v1 --tag r.example/{service}:{version} --image-version 2.0")
        .args("--metadata m/web-armv7.json --metadata m/web-amd64.json --metadata m/api-amd64.json --metadata m/api-armv7.json")
        .ok();
    let create = "docker buildx imagetools create";
    assert_eq!(
        lines(&run),
        [
            format!(
                "{create} --tag r.example/api:2.0 --tag r.example/api:v1 r.example/api@{} r.example/api@{}",
                digest(4),
                digest(3)
            ),
            format!(
                "{create} --tag r.example/web:2.0 --tag r.example/web:v1 r.example/web@{} r.example/web@{}",
                digest(1),
                digest(2)
            ),
        ]
    );
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn the_metadata_of_bake_has_the_names_of_targets() {
    // Each target as a whole, beside the warnings that bake writes too.
    let bake = json!({
        "web-amd64": built(1, "r.example/web"),
        "web-armv7": built(2, "r.example/web"),
        "api": built(3, "r.example/api"),
        "buildx.build.warnings": [{"vertex": "x", "level": 1}],
    });
    let merge = || project().args("batch -q --format merge").args(TAG);
    let api = format!("docker buildx imagetools create --tag r.example/api:v1 r.example/api@{}", digest(3));
    let run = merge().file("m.json", text(&bake)).args("--metadata m.json").ok();
    assert_eq!(lines(&run)[0], api);
    assert_eq!(lines(&run).len(), 2);
    // A file twice changes nothing.
    let one = json!({"web-amd64": built(1, "r.example/web"), "web-armv7": built(2, "r.example/web"), "api": built(3, "r.example/api")});
    let run = merge().file("a.json", text(&one)).args("--metadata a.json --metadata a.json").ok();
    assert_eq!(lines(&run)[0], api);
    // Two results of one target can be those of two platforms, or an old and a new one.
    let other = json!({"api": built(4, "r.example/api")});
    merge()
        .file("a.json", text(&one))
        .file("b.json", text(&other))
        .args("--metadata b.json --metadata a.json")
        .refuses([
            "b.json:10:30: error: 2 digests of api; the other is at a.json:10:30",
            "leave out the files of older builds",
            "name each file after its row: api-amd64.json, api-armv7.json",
        ]);
    // A file that bears the name of a row has the result of that row.
    let row = |number| text(&json!({"api": built(number, "r.example/api")}));
    let rest = json!({"web-amd64": built(1, "r.example/web"), "web-armv7": built(2, "r.example/web")});
    let run = merge()
        .file("a.json", text(&rest))
        .file("api-amd64.json", row(6))
        .file("api-armv7.json", row(7))
        .args("--metadata a.json --metadata api-armv7.json --metadata api-amd64.json")
        .ok();
    let parts = format!("r.example/api@{} r.example/api@{}", digest(6), digest(7));
    assert!(lines(&run)[0].ends_with(&parts), "{}", run.text());
}

/// One of them is that of an older build: which one is not said.
#[test]
fn a_row_has_one_digest() {
    let whole = json!({"web-amd64": built(1, "r.example/web"), "web-armv7": built(2, "r.example/web"), "api": built(3, "r.example/api")});
    let merge = |files: &[(&str, Value)]| {
        let mut test = project().file("a.json", text(&whole)).args("batch -q --format merge").args(TAG);
        for (name, value) in files {
            test = test.file(name, text(value)).args(&format!("--metadata {name}"));
        }
        test.args("--metadata a.json")
    };
    let api = |number| built(number, "r.example/api");
    let old = "leave out the file of the older build";
    // The whole target beside one of its platforms, and beside all of them.
    merge(&[("api-amd64.json", api(6))]).refuses([
        "a.json:",
        "error: two digests of the build api-amd64: this one, of all platforms of api, and its own at api-amd64.json:",
        old,
        "or give a file for each row, with its name, and leave this one out: api-armv7.json",
    ]);
    let run = merge(&[("api-amd64.json", api(6)), ("api-armv7.json", api(7))]);
    let run = run.refuses(["two digests of the build api-amd64: this one, of all platforms of api, and its own at api-amd64.json:", old]);
    assert!(!run.stderr.contains("or give"), "{}", run.stderr);
    // A target with one platform is a row.
    merge(&[("web-amd64.json", built(8, "r.example/web"))]).refuses([
        "a.json:",
        "two digests of the build web-amd64; the other is at web-amd64.json:",
        old,
    ]);
    merge(&[("b.json", json!({"web-amd64": built(8, "r.example/web")}))]).refuses([
        "b.json:10:30: error: 2 digests of web-amd64; the other is at a.json:",
        "leave out the files of older builds",
    ]);
    let row = json!({"web-amd64": built(8, "r.example/web")});
    merge(&[("web-amd64.json", row.clone()), ("old/web-amd64.json", built(9, "r.example/web"))])
        .refuses(["two digests of the build web-amd64; the other is at "]);
    // All of them are found in one run.
    let run = merge(&[("web-amd64.json", row), ("api-amd64.json", api(6))]);
    run.refuses(["two digests of the build api-amd64:", "two digests of the build web-amd64;"]);
    // The same digest in two files is one.
    let same = [
        ("web-amd64.json", built(1, "r.example/web")),
        ("b.json", json!({"api": api(3)})),
        ("api-armv7.json", api(3)),
    ];
    let run = merge(&same).ok();
    assert_eq!(lines(&run).len(), 2);
    assert_eq!(run.text().matches("sha256:").count(), 3);
}

/// `docker buildx` names the platform of a single manifest, and those of an index with the provenance of each.
#[test]
fn an_image_for_another_platform_is_refused() {
    let merge = |platform: Value, rest: &str| {
        let mut row = built(2, "r.example/api");
        row["containerimage.descriptor"]["platform"] = platform;
        let mut bake = json!({"api": built(1, "r.example/api")});
        for platform in rest.split_whitespace() {
            bake["api"][format!("buildx.build.provenance/{platform}")] = json!({});
        }
        project()
            .file("api.json", text(&row))
            .file("m.json", text(&bake))
            .args("batch -q --format merge --service api --tag r.example/{service}:v1")
    };
    let arm = |rest: Value, device: &str| {
        let mut platform = json!({"os": "linux", "architecture": "arm"});
        platform.as_object_mut().unwrap().append(rest.clone().as_object_mut().unwrap());
        merge(platform, "").args("--metadata api.json -d").args(device)
    };
    arm(json!({"variant": "v7"}), "raspberrypi3").ok();
    arm(json!({"variant": "7"}), "raspberrypi3").ok();
    arm(json!({}), "raspberrypi3").ok();
    arm(json!({}), "raspberry-pi").ok();
    arm(json!({"variant": "v6"}), "raspberry-pi").ok();
    arm(json!({"variant": ""}), "raspberry-pi").ok();
    let run = arm(json!({"variant": "v6"}), "raspberrypi3").refuses([
        "api.json:14:28: error: the build api is for linux/arm/v7, and this image is for linux/arm/v6",
        "--metadata-file wrote for api for raspberrypi3 on linux/arm/v7",
    ]);
    assert_eq!(run.stdout, b"");
    arm(json!({"architecture": "amd64"}), "raspberrypi3")
        .refuses(["the build api is for linux/arm/v7, and this image is for linux/amd64"]);
    arm(json!({"os": "windows", "architecture": "amd64"}), "intel-nuc").refuses(["is for windows/amd64"]);
    // Docker writes arm64 with and without its variant.
    for variant in [json!({}), json!({"variant": "v8"})] {
        let mut platform = json!({"os": "linux", "architecture": "arm64"});
        platform.as_object_mut().unwrap().append(variant.clone().as_object_mut().unwrap());
        merge(platform.clone(), "").args("--metadata api.json -d raspberrypi4-64").ok();
        merge(platform, "").args("--metadata api.json -d raspberrypi3").refuses(["is for linux/arm64"]);
    }
    // What says nothing.
    for nothing in
        [json!(null), json!(3), json!({"os": "linux"}), json!({"os": "unknown", "architecture": "unknown"})]
    {
        merge(nothing, "").args("--metadata api.json -d raspberrypi3").ok();
    }
    // A target as a whole, and a control character in a name.
    let whole = |rest: &str| merge(json!(null), rest).args("--metadata m.json");
    whole("linux/amd64 linux/arm/v7").ok();
    whole("linux/amd64 linux/arm").ok();
    whole("linux/amd64 linux/arm64")
        .refuses(["the build api-armv7 is for linux/arm/v7, and this image is for linux/amd64, linux/arm64"]);
    whole("linux/amd64 linux/arm/\u{1b}").refuses(["the build api-armv7 is for linux/arm/v7"]);
}

/// A file that was copied, or that the second of two builds wrote over the first.
#[test]
fn a_manifest_is_the_image_of_one_platform() {
    let single = |number: u8| {
        let mut built = built(number, "r.example/api");
        built["containerimage.descriptor"]["mediaType"] =
            json!("application/vnd.docker.distribution.manifest.v2+json");
        built
    };
    let with_provenance = |platforms: &[&str]| {
        let mut built = built(3, "r.example/api");
        for platform in platforms {
            built[format!("buildx.build.provenance{platform}")] = json!({});
        }
        built
    };
    let merge = |amd64: &Value, armv7: &Value| {
        project()
            .file("api-amd64.json", text(amd64))
            .file("api-armv7.json", text(armv7))
            .args("batch -q --format merge --service api --metadata api-amd64.json --metadata api-armv7.json")
            .args(TAG)
    };
    let run = merge(&single(3), &single(3)).refuses([
        "api-armv7.json:",
        "error: api-armv7 and api-amd64 have the same digest, and this image has one platform; that of api-amd64 is at api-amd64.json:",
        "give each the file that --metadata-file wrote for it",
    ]);
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    // One of the files says so.
    merge(&single(3), &built(3, "r.example/api")).refuses(["have the same digest"]);
    merge(&with_provenance(&[""]), &with_provenance(&[""])).refuses(["have the same digest"]);
    merge(&single(3), &single(4)).ok();
    // An index can have both platforms, and is taken once.
    let index = with_provenance(&["/linux/amd64", "/linux/arm/v7"]);
    let run = merge(&index, &index).ok();
    assert_eq!(
        run.text(),
        format!("docker buildx imagetools create --tag r.example/api:v1 r.example/api@{}\n", digest(3))
    );
    let run = merge(&built(3, "r.example/api"), &built(3, "r.example/api")).ok();
    assert_eq!(run.text().matches("sha256:").count(), 1);
    // For one row it has one too many.
    merge(&index, &built(4, "r.example/api"))
        .refuses(["api-amd64.json:", "this image has 2 platforms, and the build api-amd64 is for one"]);
    // Rows of two targets, in one file.
    let web = |manifest: &Value, other: &Value| {
        let bake = json!({"web-amd64": manifest, "web-armv7": other, "api": built(9, "r.example/api")});
        project().file("m.json", text(&bake)).args("batch -q --format merge --metadata m.json").args(TAG)
    };
    web(&single(3), &single(3)).refuses([
        "m.json:",
        "web-armv7 and web-amd64 have the same digest, and this image has one platform; that of web-amd64 is at m.json:",
    ]);
    web(&single(3), &single(4)).ok();
    // An index of one target is not that of another.
    let index = built(3, "r.example/web");
    web(&index, &index)
        .refuses(["web-armv7 and web-amd64 have the same digest, and are for different platforms;"]);
    // Two services can have the same image for one platform.
    let bake = json!({"web": single(3), "api": single(3)});
    let run =
        project().file("m.json", text(&bake)).args("batch -q --format merge --metadata m.json --fleet us");
    assert_eq!(lines(&run.args(TAG).ok()).len(), 2);
}

#[test]
fn a_single_manifest_is_not_the_image_of_two_platforms() {
    let mut manifest = built(3, "r.example/api");
    manifest["containerimage.descriptor"]["mediaType"] = json!("application/vnd.oci.image.manifest.v1+json");
    let bake = json!({"web-amd64": built(1, "r.example/web"), "web-armv7": built(2, "r.example/web"), "api": manifest});
    let merge = || project().file("m.json", text(&bake)).args("batch --format merge --metadata m.json");
    merge().args(TAG).refuses([
        "m.json:",
        "this image has 1 platform, and api is built for 2: linux/amd64, linux/arm/v7",
        "in a file with the name of its row: api-amd64.json, api-armv7.json",
    ]);
    // Once, not for each row.
    let run = merge().args(TAG).run();
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    // Of one platform it is, and stays what was pushed.
    let run = merge().args("-q --fleet us --service api").args(TAG).ok();
    let expected = format!(
        "docker buildx imagetools create --prefer-index=false --tag r.example/api:v1 r.example/api@{}\n",
        digest(3)
    );
    assert_eq!(run.text(), expected);
}

/// With provenance, which buildx adds by itself, the image of one platform is an index too: the metadata says so.
#[test]
fn the_provenance_says_how_many_platforms_an_image_has() {
    let merge = |provenance: &[&str]| {
        let mut api = built(3, "r.example/api");
        for platform in provenance {
            api[format!("buildx.build.provenance{platform}")] = json!({"builder": {}});
        }
        api["cache.manifest"] = json!("text");
        let bake = json!({"web-amd64": built(1, "r.example/web"), "web-armv7": built(2, "r.example/web"), "api": api});
        project().file("m.json", text(&bake)).args("batch -q --format merge --metadata m.json").args(TAG)
    };
    merge(&["/linux/amd64", "/linux/arm/v7"]).ok();
    merge(&[""]).refuses(["this image has 1 platform, and api is built for 2"]);
    merge(&["/linux/amd64"]).refuses(["this image has 1"]);
    // A file of `build` with a cache has fields that are no objects.
    let mut row = built(3, "r.example/api");
    row["cache.manifest"] = json!("text");
    let run = project()
        .file("api-amd64.json", text(&row))
        .file("api-armv7.json", text(&built(4, "r.example/api")))
        .args("batch -q --format merge --service api --metadata api-amd64.json --metadata api-armv7.json")
        .args(TAG)
        .ok();
    assert_eq!(lines(&run).len(), 1);
}

#[test]
fn a_build_without_a_digest_is_named_and_nothing_is_printed() {
    let merge = || {
        project()
            .file("web-amd64.json", text(&built(1, "r.example/web")))
            .file("web-armv7.json", "{\"buildx.build.ref\": \"a/b/c\"}")
            .args("batch --format merge --metadata web-amd64.json")
    };
    let run = merge().args(TAG).refuses([
        "--metadata: error: no digest of the build api-amd64 (api for us, mixed on linux/amd64)",
        "--metadata: error: no digest of the build api-armv7 (api for eu, mixed on linux/arm/v7)",
        "--metadata: error: no digest of the build web-armv7 (web for eu, mixed on linux/arm/v7)",
    ]);
    assert_eq!(run.stdout, b"");
    // It was built, and pushed nowhere.
    merge()
        .args("--metadata web-armv7.json --service web")
        .args(TAG)
        .refuses(["web-armv7.json: error: no digest of the build web-armv7", "this build was not pushed"]);
    // Of another platform of the target there is no file.
    project()
        .file("api-amd64.json", "{\"buildx.build.ref\": \"a/b/c\"}")
        .args("batch --format merge --metadata api-amd64.json --service api")
        .args(TAG)
        .refuses([
            "api-amd64.json: error: no digest of the build api-amd64",
            "--metadata: error: no digest of the build api-armv7",
        ]);
}

#[test]
fn every_fault_of_every_file_has_its_place() {
    let run = project()
        .file("a.json", "{\"web-amd64\": {\n \"containerimage.digest\": \"sha256:12\"}, \"api\": []}")
        .file("b.json", "{\"containerimage.digest\":")
        .file("c.json", "[]")
        .file("d.json", format!("{{\"api\": {{}}, \"api\": {{}}, \"x\": {{\"containerimage.digest\": \"{}\"}}}}", digest(1).to_uppercase()))
        .file("e.json", b"\xff")
        .args("batch --format merge --metadata a.json --metadata b.json --metadata c.json --metadata d.json --metadata e.json --metadata none.json")
        .args(TAG)
        .run();
    assert_eq!(run.status, 2, "{}", run.stderr);
    for piece in [
        "a.json:2:27: error: `containerimage.digest` has to be `sha256:` and 64 hexadecimal digits",
        "a.json:2:48: error: `api` has to be an object",
        "b.json:1:25: error: not JSON: EOF",
        "c.json:1:1: error: this has to be a JSON object",
        "d.json:1:20: error: `api` is there twice",
        "d.json:1:55:",
        "e.json:1:1: error: ",
        "none.json: error: ",
    ] {
        assert!(run.stderr.contains(piece), "{piece}: {}", run.stderr);
    }
    // Neither digests nor arguments of a build are repeated.
    let secret =
        "{\"web-amd64\": {\"containerimage.digest\": \"s3cr3t\"}, \"buildx.build.provenance\": \"hunter2\"}";
    let run = project().file("m.json", secret).args("batch --format merge --metadata m.json").args(TAG);
    run.secret("s3cr3t").secret("hunter2").refuses(["m.json:1:41"]);
    // What is too long is not read.
    let long = format!("{{\"a\": \"{}\"}}", "x".repeat(3 << 20));
    let run = project().file("m.json", long).args("batch --format merge --metadata m.json").args(TAG);
    run.refuses(["m.json", "--max-config-bytes"]);
}

#[test]
fn results_of_builds_that_are_not_there_are_warned_of() {
    let bake = json!({"web": built(1, "r.example/web"), "web-amd46": built(2, "r.example/web"), "api": built(3, "r.example/api"), "db": built(4, "r.example/db"), "\u{1b}[31mdb": built(5, "r.example/db")});
    let files =
        || project().file("m.json", text(&bake)).file("api-amd6.json", text(&built(9, "r.example/api")));
    let args = "batch --format merge --service api --metadata m.json --metadata api-amd6.json";
    let run = files().args(args).args(TAG).ok();
    run.says(&["`db`: no build has this name; not used"]);
    run.says(&["`api-amd6`: no build has the name of this file; not used", "did you mean `api-amd64`?"]);
    assert_eq!(lines(&run).len(), 1);
    let run = files().args("batch --format merge --metadata m.json").args(TAG).run();
    assert_eq!(run.status, 1);
}

#[test]
fn two_images_cannot_have_one_tag() {
    // Two Dockerfiles for one platform.
    let run = project().file("web/Dockerfile.raspberry-pi2", "FROM other\n");
    let run = run.args("batch --format merge -d raspberrypi3,raspberry-pi2 --tag r.example/{service}:v1");
    run.refuses(["--tag: error: `r.example/web:v1` would be the tag of two builds", "{device}"]);
    // Another service.
    project()
        .args("batch --format merge --tag r.example/all:v1")
        .refuses(["`r.example/all:v1` would be the tag of 3 builds"]);
    project().args("batch --format merge").refuses([
        "the service `api` has no tag",
        "give one with --tag",
        "the service `web` has no tag",
    ]);
    // The name in the compose file is that of one image.
    Test::new()
        .file("docker-compose.yml", "services: {web: {image: r.example/web, build: web}}\n")
        .file("web/Dockerfile.raspberry-pi2", "FROM other\n")
        .file("web/Dockerfile.template", "FROM x\n")
        .args("batch --format merge -d raspberrypi3,raspberry-pi2")
        .refuses(["`web` has several builds, which cannot have one `image`", "{device}"]);
    project().args("batch --format merge --tag r/Web-{service}").refuses(["is not a tag"]);
}

/// A target that comes as a whole brings all of its platforms.
#[test]
fn no_image_has_a_platform_twice() {
    // `a` is for a Raspberry Pi and a PC, `b` for the PC with another Dockerfile: fleets tell them apart.
    let project = || {
        Test::new()
            .file("Dockerfile.template", "FROM x:%%KIND%%\n")
            .file(
                "fleets.yaml",
                "fleets:\n  a: {device: raspberrypi3, variables: {KIND: one}}\n  b: {device: nuc, variables: {KIND: one}}\n  c: {device: nuc, variables: {KIND: two}}\n",
            )
            .args("batch --format merge --tag r.example/{fleet}:v1")
    };
    let matrix = project().ok().json();
    let builds = |name: &str| {
        let rows = matrix["include"].as_array().unwrap();
        rows.iter().find(|row| row["image"] == format!("r.example/{name}")).unwrap()["builds"].clone()
    };
    let (a, c) = (builds("a")[0].as_str().unwrap().to_owned(), builds("c")[0].as_str().unwrap().to_owned());
    let b = builds("b")[0].as_str().unwrap().to_owned();
    let run = project()
        .file(&format!("{a}.json"), text(&built(1, "r.example/a")))
        .file(&format!("{b}.json"), text(&built(2, "r.example/b")))
        .file(&format!("{c}.json"), text(&built(3, "r.example/c")))
        .args(&format!("--metadata {a}.json --metadata {b}.json --metadata {c}.json"))
        .ok();
    let create = |name: &str, number| {
        format!(
            "docker buildx imagetools create --tag r.example/{name}:v1 r.example/{name}@{}",
            digest(number)
        )
    };
    assert_eq!(lines(&run), [create("a", 1), create("b", 2), create("c", 3)]);
}

/// The image of `acme` is the ARMv7 build of one target and another target for the PC. The first target has an image for
/// the PC too, for another organization: as a whole it would bring that along.
#[test]
fn a_target_as_a_whole_brings_no_platform_that_another_build_has() {
    let fleets = r#"[
        {"app_name": "a", "slug": "acme/a", "device_type": "raspberrypi3"},
        {"app_name": "b", "slug": "other/b", "device_type": "intel-nuc"},
        {"app_name": "c", "slug": "acme/c", "device_type": "genericx86-64-ext"}]"#;
    let project = || {
        Test::new()
            .file("Dockerfile.template", "FROM x\n")
            .file("Dockerfile.genericx86-64-ext", "FROM other\n")
            .file("fleets.json", fleets)
            .args("batch -q --format merge --fleets fleets.json --tag r.example/{org}:v1")
    };
    let found = project().ok().json();
    let builds = |row: usize| found["include"][row]["builds"].clone();
    let (shared, other) = ("main-intel-nuc-raspberrypi3", "main-genericx86-64-ext");
    assert_eq!(builds(0), json!([other, format!("{shared}-armv7")]));
    assert_eq!(builds(1), json!([format!("{shared}-amd64")]));
    let both = "r.example/acme,r.example/other";
    // Each row by itself: an image has what it is for.
    let run = project()
        .file(&format!("{shared}-armv7.json"), text(&built(1, both)))
        .file(&format!("{shared}-amd64.json"), text(&built(2, both)))
        .file(&format!("{other}.json"), text(&built(3, "r.example/acme")))
        .args(&format!(
            "--metadata {shared}-armv7.json --metadata {shared}-amd64.json --metadata {other}.json"
        ))
        .ok();
    let create = "docker buildx imagetools create";
    assert_eq!(
        lines(&run),
        [
            format!(
                "{create} --tag r.example/acme:v1 r.example/acme@{} r.example/acme@{}",
                digest(3),
                digest(1)
            ),
            format!("{create} --tag r.example/other:v1 r.example/other@{}", digest(2)),
        ]
    );
    let whole = json!({ shared: built(4, both), other: built(5, "r.example/acme") });
    let run = project().file("m.json", text(&whole)).args("--metadata m.json");
    run.refuses([
        "--metadata: error: `r.example/acme:v1` would have linux/amd64 twice: of main-genericx86-64-ext and of main-intel-nuc-raspberrypi3",
    ]);
}

#[test]
fn a_digest_is_taken_from_where_it_was_pushed() {
    let tags = "--tag r.example/{service}:v1 --tag other.example:5000/mirror/{service}:v1";
    let run = project()
        .file("api.json", text(&built(3, "r.example/api@sha256:x,r.example/api:v1")))
        .args("batch -q --format merge --service api --metadata api.json")
        .args(tags)
        .ok();
    let (create, source) = ("docker buildx imagetools create", format!("r.example/api@{}", digest(3)));
    assert_eq!(
        lines(&run),
        [
            format!("{create} --tag other.example:5000/mirror/api:v1 {source}"),
            format!("{create} --tag r.example/api:v1 {source}"),
        ]
    );
    // Docker Hub's names have a long form.
    let run = project()
        .file("api.json", text(&built(3, "docker.io/acme/api")))
        .args("batch -q --format merge --service api --metadata api.json --tag acme/api:1")
        .ok();
    assert_eq!(run.text(), format!("{create} --tag acme/api:1 acme/api@{}\n", digest(3)));
}

/// The digest is taken from there, also if it is the image of another project.
#[test]
fn an_image_that_was_pushed_to_another_repository_is_warned_of() {
    let merge = |names: &str, tags: &str| {
        project()
            .file("api.json", text(&built(3, names)))
            .args("batch --format merge --service api --metadata api.json")
            .args(tags)
    };
    let run = merge("zz.example/x", "--tag r.example/{service}:v1").ok();
    run.says(&[
        "api.json:",
        "warning: the image of api was pushed to zz.example/x, and its tags are for r.example/api: it will be copied",
        "it is the metadata of another project",
    ]);
    assert!(run.text().contains(" zz.example/x@sha256:"), "{}", run.text());
    merge("zz.example/x", "--strict --tag r.example/{service}:v1").refuses(["was pushed to zz.example/x"]);
    let run =
        merge("zz.example/x,yy.example/x", "--tag r.example/{service}:v1 --tag q.example/{service}:v1").ok();
    run.says(&["was pushed to yy.example/x and 1 more, and its tags are for q.example/api and 1 more:"]);
    // One repository of another port or path is another.
    for (names, tag) in
        [("r.example:5000/api", "r.example/api"), ("r.example/api2", "r.example/api"), ("api", "acme/api")]
    {
        merge(names, &format!("--tag {tag}:v1")).ok().says(&["was pushed to"]);
    }
    // One of the names, or one of the tags, is enough, however it is spelt; and so is a name that says nothing.
    for (names, tags) in [
        ("r.example/api", "--tag r.example/api:v1"),
        ("zz.example/x, r.example/api:old", "--tag r.example/api:v1"),
        ("r.example/api", "--tag q.example/api:v1 --tag r.example/api:v1"),
        ("r.example:5000/api", "--tag r.example:5000/api"),
        ("docker.io/library/api", "--tag api:v1"),
        ("api", "--tag docker.io/library/api:v1"),
        ("index.docker.io/acme/api", "--tag acme/api:v1"),
        ("docker.io/acme/api", "--tag acme/api:v1"),
        ("", "--tag r.example/api:v1"),
        ("NOT A NAME", "--tag r.example/api:v1"),
    ] {
        let run = merge(names, tags).ok();
        assert!(!run.stderr.contains("warning"), "{names} {tags}: {}", run.stderr);
    }
    // Each fleet has an image of its own in a repository of its own: the build is pushed to one of them.
    let run = merge("r.example/eu/api", "--tag r.example/{fleet}/{service}:v1").ok();
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    // Of the part of a batch that is written; the rest is for other jobs.
    let warned = ["1/2", "2/2"].map(|shard| {
        let run = merge("zz.example/x", &format!("--shard {shard} --tag r.example/{{service}}:v1")).run();
        assert_eq!(run.stderr.contains("warning"), run.text().contains("imagetools"), "{}", run.stderr);
        run.stderr.contains("warning")
    });
    assert_eq!(warned.iter().filter(|warned| **warned).count(), 1, "{warned:?}");
}

/// A name of the compose file can be the value of a variable.
#[test]
fn the_repository_of_a_compose_file_is_not_named() {
    let run = Test::new()
        .file("docker-compose.yml", "services: {web: {image: \"${REPO}/web\", build: web}}\n")
        .file("web/Dockerfile", "FROM x\n")
        .file(".env", "REPO=h1dd3n.example\n")
        .file("web.json", text(&built(1, "zz.example/x")))
        .secret("h1dd3n")
        .args("batch --format merge -d raspberrypi3 --metadata web.json")
        .ok();
    run.says(&["the image of web was pushed to zz.example/x, and its tags are for another repository"]);
}

/// Shards share the images out, each with all of its builds.
#[test]
fn parts_of_a_merge_are_the_whole() {
    let tag = "--tag r.example/{fleet}/{service}:v1";
    let rows = |shard: &str| -> Vec<String> {
        let run = project().args("batch -q --format merge").args(tag).args(shard).ok().json();
        run["include"].as_array().unwrap().iter().map(Value::to_string).collect()
    };
    let whole = rows("");
    let parts: Vec<Vec<String>> = (1..=4).map(|part| rows(&format!("--shard {part}/4"))).collect();
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1, 1]);
    let mut all = parts.concat();
    // The names are those of the whole too.
    all.sort_by_key(|row| whole.iter().position(|other| other == row));
    assert_eq!(all, whole);
}

#[test]
fn only_a_merge_takes_metadata() {
    project().args("batch --format bake --metadata m.json").cannot(["only --format merge takes --metadata"]);
    project()
        .args("batch --format merge --runner linux/amd64=x")
        .cannot(["only --format matrix takes --runner"]);
}

/// A repository for each fleet, and the metadata of another registry: one reason, said for some of the builds.
#[test]
fn of_many_images_that_were_pushed_elsewhere_some_are_told() {
    for (count, warnings, rest) in
        [(2, 2, None), (3, 3, None), (5, 3, Some("the same is true of 2 more builds"))]
    {
        let names = (0..count).map(|number| format!("f{number}"));
        let fleets: String = names.clone().map(|name| format!("  {name}: {{device: nuc}}\n")).collect();
        let metadata: serde_json::Map<String, Value> = names
            .enumerate()
            .map(|(number, name)| {
                let build = built(10 + u8::try_from(number).unwrap(), &format!("old.example/{name}/app"));
                (format!("main-{name}"), build)
            })
            .collect();
        let run = Test::new()
            .file("Dockerfile.template", "FROM x:%%BALENA_APP_NAME%%\n")
            .file("fleets.yaml", format!("fleets:\n{fleets}"))
            .file("built.json", text(&Value::Object(metadata)))
            .args("batch --format merge --metadata built.json --tag new.example/{fleet}/app")
            .ok();
        assert_eq!(run.text().lines().count(), count);
        assert_eq!(run.stderr.matches("it will be copied").count(), warnings, "{}", run.stderr);
        assert_eq!(run.stderr.contains("the same is true of"), rest.is_some(), "{}", run.stderr);
        run.says(rest.as_slice());
    }
}
