//! Distinct names: repositories of the same name get as much of their path as distinguishes them.

/// Something with a name, which is the end of its path, and a path.
pub trait Named {
    /// The path. Untrusted text.
    fn path(&self) -> &str;
    /// The name. Untrusted text.
    fn name(&mut self) -> &mut String;
}

/// Puts directories before the names that several have, until each is unique or is the whole path.
pub fn tell_apart<T: Named>(all: &mut [T]) {
    for parts in 2.. {
        let names: Vec<String> = all.iter_mut().map(|one| one.name().clone()).collect();
        let mut is_over = true;
        for (at, one) in all.iter_mut().enumerate() {
            let longer = last_parts(one.path(), parts);
            let is_shared = names.iter().filter(|name| **name == names[at]).count() > 1;
            if is_shared && longer != names[at] {
                is_over = false;
                *one.name() = longer;
            }
        }
        if is_over {
            return;
        }
    }
}

fn last_parts(path: &str, parts: usize) -> String {
    let path = path.trim_end_matches('/');
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
        assert_eq!(names(&["/w/api", "/w/api"]), ["/w/api", "/w/api"]);
    }
}
