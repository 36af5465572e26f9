//! Open files: a call takes four sockets (RTP and RTCP of both parties), and many systems begin a process with 1,024 files.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Allows this process as many open files as the system lets it have. Gives how many that are; `None`: without end.
pub fn allow_most() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, wanted) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(allowed = ?limit.current, "the limit of open files can't be raised: {error}");
            limit.current
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_began_with_few_files_may_have_them_all() {
        let most = getrlimit(Resource::Nofile).maximum;
        let fewer = Some(most.map_or(1_024, |most| most - 1));
        setrlimit(Resource::Nofile, Rlimit { current: fewer, maximum: most }).unwrap();
        assert_eq!(allow_most(), most);
        assert_eq!(getrlimit(Resource::Nofile).current, most);
    }
}
