//! `base-images.yaml`: the tags that are there now.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::choices::Choices;
use super::ends::Ends;
use super::library::Images;

const HEAD: &str = "\
# What dtpl knows of the images that a Dockerfile starts from: made by `cargo run -p refresh`, see docs/refresh.md.
# What a person decides stands in data/image-choices.yaml. Compiled in by build.rs; `dtpl images` shows it.
";

/// A list in one line.
fn list<'i>(items: impl IntoIterator<Item = &'i String>) -> String {
    items.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// A text that YAML does not read as something else.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

pub fn text(date: &str, choices: &Choices, images: &Images, ends: &Ends) -> String {
    let mut out = HEAD.to_owned();
    // Writing into a string cannot fail.
    let _ = write(date, choices, images, ends, &mut out);
    out
}

fn write(date: &str, choices: &Choices, images: &Images, ends: &Ends, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n# The images that carry a language, the one to prefer first.\nstacks:")?;
    for (stack, images) in &choices.stacks {
        writeln!(out, "  {stack}: [{}]", images.join(", "))?;
    }
    writeln!(out, "\n# Other names of stacks.\nstack_aliases:")?;
    for (alias, stack) in &choices.stack_aliases {
        writeln!(out, "  {alias}: {stack}")?;
    }
    writeln!(out, "\n# The day of the sources.\nsnapshot: {date}")?;
    writeln!(out, "\n# Images that are not on Debian.\non:")?;
    for (image, distro) in &choices.on {
        writeln!(out, "  {image}: {distro}")?;
    }
    writeln!(out, "\n# Tags that follow the release of another.\nfollows:")?;
    for (image, tags) in &choices.follows {
        writeln!(out, "  {image}:")?;
        for (tag, release) in tags {
            writeln!(out, "    {tag}: {release}")?;
        }
    }
    writeln!(
        out,
        "\n# When versions end: version, code name (- where there is none), day; `open` where none is known."
    )?;
    writeln!(out, "ends:")?;
    for (product, releases) in ends {
        let field = choices.field(product);
        writeln!(out, "  # By `{field}`.\n  {product}:")?;
        for release in releases {
            let codename = release.codename.as_deref().unwrap_or("-");
            writeln!(out, "    - {} {codename} {}", quoted(&release.cycle).trim_matches('"'), release.end)?;
        }
    }
    writeln!(
        out,
        "\n# Distributions in the tags of other images: the product, and what stands before a number.\nbases:"
    )?;
    for (distro, base) in &choices.bases {
        let prefix = base.prefix.as_deref().unwrap_or("-");
        writeln!(out, "  {distro}: {} {prefix}", base.product)?;
    }
    writeln!(out, "\n# Platforms, then the tags of the same builds, the fullest first.\nimages:")?;
    for (image, blocks) in images {
        let products: BTreeSet<String> =
            choices.products_of(image).into_iter().filter(|product| ends.contains_key(product)).collect();
        writeln!(out, "  {image}:\n    products: {}", quoted(&list(&products)))?;
        if blocks.is_empty() {
            writeln!(out, "    builds: []")?;
            continue;
        }
        writeln!(out, "    builds:")?;
        for block in blocks {
            writeln!(out, "      - [{}, {}]", quoted(&list(&block.platforms)), quoted(&list(&block.tags)))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::ends::Release;
    use super::super::library::Block;
    use super::*;

    #[test]
    fn what_is_written_is_yaml_that_says_it_all() {
        let choices: Choices = serde_yaml::from_str(
            "{stacks: {ruby: [ruby, jruby]}, stack_aliases: {rb: ruby}, on: {ruby: debian}, \
            follows: {debian: {stable: trixie}}, products: {jruby: [ruby, none]}, fields: {ruby: eoes}, \
            bases: {debian: {product: debian}, alpine: {product: alpine-linux, prefix: alpine}}}",
        )
        .unwrap();
        let block = |platforms: &[&str], tags: &[&str]| Block {
            platforms: platforms.iter().map(|one| (*one).to_owned()).collect(),
            tags: tags.iter().map(|one| (*one).to_owned()).collect(),
        };
        let builds = vec![block(&["arm/v7", "amd64"], &["3.10", "3"]), block(&["amd64"], &["3.10-slim"])];
        let images = Images::from([("jruby".to_owned(), Vec::new()), ("ruby".to_owned(), builds)]);
        let release = |cycle: &str, codename: Option<&str>, end: &str| Release {
            cycle: cycle.to_owned(),
            codename: codename.map(str::to_owned),
            end: end.to_owned(),
        };
        let releases = vec![release("3.10", Some("noble"), "2030-06-30"), release("3", None, "open")];
        let text = text("2026-03-01", &choices, &images, &Ends::from([("ruby".to_owned(), releases)]));
        let read: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        let expected = serde_json::json!({
            "stacks": {"ruby": ["ruby", "jruby"]},
            "stack_aliases": {"rb": "ruby"},
            "snapshot": "2026-03-01",
            "on": {"ruby": "debian"},
            "follows": {"debian": {"stable": "trixie"}},
            "ends": {"ruby": ["3.10 noble 2030-06-30", "3 - open"]},
            "bases": {"debian": "debian -", "alpine": "alpine-linux alpine"},
            "images": {
                "jruby": {"products": "ruby", "builds": []},
                "ruby": {"products": "ruby", "builds": [["amd64 arm/v7", "3.10 3"], ["amd64", "3.10-slim"]]},
            },
        });
        assert_eq!(read, expected);
        assert!(text.contains("# By `eoes`.\n  ruby:"), "{text}");
    }
}
