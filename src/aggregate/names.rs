//! Distinct names: repositories of the same name get as much of their path as distinguishes them, and those of the same path a number.

use std::collections::{BTreeSet, HashMap, HashSet};

/// Something with a name, which is the end of its path, and a path.
pub trait Named {
    /// The path. Untrusted text.
    fn path(&self) -> &str;
    /// The name. Untrusted text.
    fn name(&mut self) -> &mut String;
}

/// Makes names unique. Puts directories before those that several paths have. Several with one path, as facts of several clones
/// have it, are told apart by numbers: more of the path would only publish it.
pub fn tell_apart<T: Named>(all: &mut [T]) {
    for parts in 2.. {
        let mut paths: HashMap<String, BTreeSet<String>> = HashMap::new();
        for one in all.iter_mut() {
            let path = trimmed(one.path()).to_owned();
            paths.entry(one.name().clone()).or_default().insert(path);
        }
        let mut is_over = true;
        for one in all.iter_mut() {
            let longer = last_parts(one.path(), parts);
            let is_shared = paths.get(one.name()).is_some_and(|paths| paths.len() > 1);
            if is_shared && longer != *one.name() {
                is_over = false;
                *one.name() = longer;
            }
        }
        if is_over {
            break;
        }
    }
    number(all);
}

/// Puts numbers behind the names that are still shared, except for the first of each.
fn number<T: Named>(all: &mut [T]) {
    let mut taken: HashSet<String> = HashSet::new();
    let mut shared = Vec::new();
    for (at, one) in all.iter_mut().enumerate() {
        if !taken.insert(one.name().clone()) {
            shared.push(at);
        }
    }
    for at in shared {
        let name = all[at].name().clone();
        let mut numbered = (2..).map(|number| format!("{name} ({number})"));
        let free = numbered.find(|name| taken.insert(name.clone()));
        *all[at].name() = free.unwrap_or(name);
    }
}

fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}

fn last_parts(path: &str, parts: usize) -> String {
    let path = trimmed(path);
    let mut slashes = path.rmatch_indices('/').map(|(at, _)| at + 1);
    let start = slashes.nth(parts - 1).unwrap_or(0);
    path[start..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(String, String);

    impl Named for Place {
        fn path(&self) -> &str {
            &self.1
        }

        fn name(&mut self) -> &mut String {
            &mut self.0
        }
    }

    fn names(paths: &[&str]) -> Vec<String> {
        let place = |path: &&str| {
            let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            Place(name.trim_end_matches(".git").to_owned(), (*path).to_owned())
        };
        let mut places: Vec<Place> = paths.iter().map(place).collect();
        tell_apart(&mut places);
        places.into_iter().map(|place| place.0).collect()
    }

    #[test]
    fn as_much_of_the_path_as_it_takes() {
        assert_eq!(
            names(&["/w/a/api", "/w/b/api", "/w/web"]),
            ["a/api", "b/api", "web"]
        );
        assert_eq!(
            names(&["/w/a/x/api", "/w/b/x/api/", "/w/c/api"]),
            ["a/x/api", "b/x/api", "c/api"]
        );
        assert_eq!(names(&["/w/api", "/w/api.git"]), ["w/api", "w/api.git"]);
        assert_eq!(
            names(&["/1/2/3/4/5/6/7/8/9/api", "/0/2/3/4/5/6/7/8/9/api"])[1],
            "0/2/3/4/5/6/7/8/9/api"
        );
        assert_eq!(names(&["/api", "/w/api"]), ["/api", "w/api"]);
        assert_eq!(
            names(&["/w/api", "/w/api", "/w/api (2)", "/w/api/"]),
            ["api", "api (3)", "api (2)", "api (4)"]
        );
        assert_eq!(
            names(&["/w/a/api", "/w/b/api", "/w/a/api"]),
            ["a/api", "b/api", "a/api (2)"]
        );
    }
}
