//! The measurement.

use std::time::{Duration, Instant};

use crate::cost::{self, Cost};
use crate::desktop::Start;

const SERVING: Duration = Duration::from_secs(120);
const SOON: Duration = Duration::from_secs(60);
/// Long enough to meet everything that happens once a second many times.
const MEASURED: Duration = Duration::from_secs(30);

/// Brings the app to where nobody looks at it, measures, and prints.
#[expect(clippy::print_stdout, reason = "what it prints is what it is for")]
pub(crate) async fn measure() {
    let start = Start::new().await.with(&["--idle-after", "1"]);
    let tray = start.tray().await;
    let app = start.alone().await;
    tray.item().await.wait_for_entry("Waiting for jobs", SERVING).await;
    app.wait_for_window().await;
    app.press_close_button();
    app.wait_until("no page is in memory", SOON, |app| app.page_processes().is_empty()).await;

    let (begun, before) = (Instant::now(), cost::by_name(&app.processes()));
    tokio::time::sleep(MEASURED).await;
    let (took, after) = (begun.elapsed(), cost::by_name(&app.processes()));
    println!("idle in the tray, measured for {} s", took.as_secs());
    println!("{:<24}{:>14}{:>16}", "process", "private MB", "of one core");
    for (name, now) in after {
        let earlier = before.get(&name).copied().unwrap_or_default();
        println!("{name:<24}{:>14.1}{:>14.2} %", megabytes(now), share(earlier, now, took));
    }
}

fn megabytes(cost: Cost) -> f64 {
    cost.memory as f64 / 1_000_000.0
}

fn share(before: Cost, after: Cost, took: Duration) -> f64 {
    100.0 * after.processor.saturating_sub(before.processor).as_secs_f64() / took.as_secs_f64()
}
