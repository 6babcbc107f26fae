//! The filters and functions of the engine that make much out of little, made anew with a limit.

use std::collections::BTreeMap;
use std::sync::Arc;

use tera::value::Key;
use tera::{Kwargs, Map, State, StringInput, Tera, TeraResult, Value};

use super::budget::RunBudget;
use super::profile::CHECK_FILTER_INPUT;

const LONGEST_RANGE: i64 = 100_000;

pub(super) fn register(tera: &mut Tera, run: &Arc<RunBudget>) {
    let budget = Arc::clone(run);
    tera.register_function("range", move |arguments: Kwargs, _: &State| range(&budget, &arguments));
    let budget = Arc::clone(run);
    tera.register_filter(CHECK_FILTER_INPUT, move |value: Value, _: Kwargs, _: &State| {
        budget.pass(&value).map(|()| value)
    });
    // A list of letters takes many times the memory of the text.
    let budget = Arc::clone(run);
    tera.register_filter("split", move |text: &str, arguments: Kwargs, _: &State| {
        let separator = arguments.must_get::<&str>("pat")?;
        budget.take(text.split(separator).count() as u64, None)?;
        TeraResult::Ok(text.split(separator).map(Value::from).collect::<Vec<Value>>())
    });
    let budget = Arc::clone(run);
    tera.register_filter("replace", move |text: StringInput, arguments: Kwargs, _: &State| {
        let from = arguments.must_get::<&str>("from")?;
        let to = arguments.must_get::<&str>("to")?;
        let grown = text.as_str().matches(from).count().saturating_mul(to.len());
        budget.made(grown.saturating_add(text.as_str().len()))?;
        TeraResult::Ok(text.as_str().replace(from, to))
    });
    let budget = Arc::clone(run);
    tera.register_filter("join", move |values: &[Value], arguments: Kwargs, _: &State| {
        join(&budget, values, arguments.get::<&str>("sep")?.unwrap_or_default())
    });
    // Each is compared with all before it.
    let budget = Arc::clone(run);
    tera.register_filter("unique", move |values: &[Value], _: Kwargs, _: &State| {
        let mut unique: Vec<Value> = Vec::new();
        for value in values {
            budget.take(unique.len() as u64, None)?;
            if !unique.contains(value) {
                unique.push(value.clone());
            }
        }
        TeraResult::Ok(unique)
    });
    // The engine's own has the groups in no order.
    let budget = Arc::clone(run);
    tera.register_filter("group_by", move |values: &[Value], arguments: Kwargs, _: &State| {
        group_by(&budget, values, arguments.must_get::<&str>("attribute")?)
    });
    let budget = Arc::clone(run);
    tera.register_filter("indent", move |text: &str, arguments: Kwargs, _: &State| {
        let width = arguments.get::<usize>("width")?.unwrap_or(4);
        let first = arguments.get::<bool>("first")?.unwrap_or(false);
        let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
        budget.made(lines.saturating_mul(width).saturating_add(text.len()))?;
        let mut indented = String::new();
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                indented.push('\n');
            }
            if !line.is_empty() && (at > 0 || first) {
                indented.extend(std::iter::repeat_n(' ', width));
            }
            indented.push_str(line);
        }
        TeraResult::Ok(indented)
    });
}

fn join(budget: &RunBudget, values: &[Value], separator: &str) -> TeraResult<String> {
    budget.made(values.len().saturating_mul(separator.len()))?;
    let (mut text, mut length) = (String::new(), 0);
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            text.push_str(separator);
        }
        let piece = value.to_string();
        length += piece.len() + separator.len();
        budget.fits(length as u64, None)?;
        text.push_str(&piece);
    }
    budget.made(length)?;
    Ok(text)
}

/// Groups in the order in which they come up.
fn group_by(budget: &RunBudget, values: &[Value], attribute: &str) -> TeraResult<Map> {
    let mut groups: Vec<(Key<'static>, Vec<Value>)> = Vec::new();
    let mut places: BTreeMap<Key<'static>, usize> = BTreeMap::new();
    for value in values {
        let of = value
            .get_from_path(attribute)
            .ok_or_else(|| budget.stop("a value does not have the attribute to group by", Vec::new()))?;
        let key = match (of.as_str(), of.as_i128()) {
            _ if of.is_none() => continue,
            (Some(text), _) => Key::from(text.to_owned()),
            (None, Some(number)) => Key::from(number),
            _ => return Err(budget.stop("only texts and whole numbers can be grouped by", Vec::new())),
        };
        let place = *places.entry(key.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, members)) => members.push(value.clone()),
            None => groups.push((key, vec![value.clone()])),
        }
    }
    Ok(groups.into_iter().map(|(key, members)| (key, Value::from(members))).collect())
}

fn range(budget: &RunBudget, arguments: &Kwargs) -> TeraResult<Vec<i64>> {
    let start = arguments.get::<i64>("start")?.unwrap_or_default();
    let end = arguments.must_get::<i64>("end")?;
    let step = arguments.get::<i64>("step_by")?.unwrap_or(1);
    if step == 0 {
        return Err(budget.stop("`range` with a step of 0", Vec::new()));
    }
    let span = i128::from(end) - i128::from(start);
    let count = if (span > 0) == (step > 0) {
        (span.abs() + i128::from(step).abs() - 1) / i128::from(step).abs()
    } else {
        0
    };
    if count > i128::from(LONGEST_RANGE) {
        return Err(budget.stop(format!("a `range` of more than {LONGEST_RANGE} numbers"), Vec::new()));
    }
    let count = i64::try_from(count).unwrap_or(0);
    budget.take(u64::try_from(count).unwrap_or(0), None)?;
    Ok((0..count).map(|at| start + at * step).collect())
}
