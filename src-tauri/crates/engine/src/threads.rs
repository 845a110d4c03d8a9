//! How many cores to use.

/// candle reads its thread count from the environment, which a process cannot change safely for itself. So, where
/// the system can do that, the process is replaced by itself with the count set; pid and pipes stay.
#[cfg(unix)]
pub(super) fn leave_one_core() {
    use std::os::unix::process::CommandExt;
    const VARIABLES: [&str; 2] = ["CANDLE_NUM_THREADS", "RAYON_NUM_THREADS"];
    if VARIABLES.iter().any(|name| std::env::var_os(name).is_some()) {
        return;
    }
    let threads = num_cpus::get_physical().saturating_sub(1).max(1).to_string();
    if let Ok(program) = std::env::current_exe() {
        let error = std::process::Command::new(program).envs(VARIABLES.map(|name| (name, &threads))).exec();
        super::log(&format!("all cores are used, the thread count could not be set: {error}"));
    }
}

/// Elsewhere the parent may set the environment; otherwise all physical cores are used.
#[cfg(not(unix))]
pub(super) fn leave_one_core() {}
