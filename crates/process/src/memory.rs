//! Whether memory ran out.

use std::fs;

/// How many processes of this one's control group were killed because memory ran out, since the group exists.
/// `None`: this system does not say. A process that was killed while the count grew was probably one of them.
#[must_use]
pub fn out_of_memory_kills() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    files(&groups).into_iter().find_map(|file| {
        let text = fs::read_to_string(file).ok()?;
        count(&text)
    })
}

/// Where the count may stand: by the group's own path, or at the root, which is what a container sees.
fn files(groups: &str) -> Vec<String> {
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            match controllers {
                "" => Some(("/sys/fs/cgroup", path, "memory.events")),
                "memory" => Some(("/sys/fs/cgroup/memory", path, "memory.oom_control")),
                _ => None,
            }
        })
        .flat_map(|(root, path, file)| {
            let path = path.trim_end_matches('/');
            [format!("{root}{path}/{file}"), format!("{root}/{file}")]
        })
        .collect()
}

fn count(text: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix("oom_kill "))
        .and_then(|count| count.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_control_groups_are_understood() {
        let groups = "4:memory:/a\n1:cpu:/a\n0::/b/\n";
        assert_eq!(
            files(groups),
            [
                "/sys/fs/cgroup/memory/a/memory.oom_control",
                "/sys/fs/cgroup/memory/memory.oom_control",
                "/sys/fs/cgroup/b/memory.events",
                "/sys/fs/cgroup/memory.events",
            ]
        );
        assert_eq!(count("low 0\noom 3\noom_kill 2\n"), Some(2));
        assert_eq!(count("oom_kill_disable 0\nunder_oom 0\noom_kill 7"), Some(7));
        assert_eq!(count("low 0\n"), None);
    }
}
