//! Results that are computed once: renderings for many devices ask the same questions.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// Results by the question's text.
#[derive(Debug)]
pub struct Cache<V>(RefCell<BTreeMap<String, V>>);

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Cache(RefCell::default())
    }
}

impl<V: Clone> Cache<V> {
    /// The result for a key, computed the first time. `compute` may use the cache, too.
    pub fn get(&self, key: &str, compute: impl FnOnce() -> V) -> V {
        if let Some(value) = self.0.borrow().get(key) {
            return value.clone();
        }
        let value = compute();
        self.0.borrow_mut().insert(key.to_owned(), value.clone());
        value
    }
}
