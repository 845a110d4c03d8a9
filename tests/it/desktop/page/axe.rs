//! The accessibility rules that a machine can check, held against the real page.

use std::path::Path;

use serde_json::Value;

use super::Page;

const CHECK: &str = "const [done] = arguments;
    axe.run(document, { resultTypes: ['violations'], iframes: false }).then(
        (results) => done({ rules: results.passes.length, faults: results.violations.map((fault) =>
            [fault.impact, fault.id, fault.help, fault.nodes.map((node) => node.html).join(' | ')]) }),
        (why) => done({ why: String(why) }))";

impl Page {
    /// What is seriously wrong for people who cannot see the page or use a mouse, one fault a line.
    pub(crate) async fn serious_faults(&self) -> Vec<String> {
        let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(axe).expect("axe-core is there; `cargo xtask setup` sees to it");
        self.client.execute(&axe, vec![]).await.expect("axe can be read");
        let found = self.client.execute_async(CHECK, vec![]).await.expect("axe answers");
        assert!(
            found["rules"].as_u64().is_some_and(|rules| rules > 10),
            "axe must look at the page: {found}"
        );
        let faults = found["faults"].as_array().cloned().unwrap_or_default();
        faults.iter().filter(|fault| is_serious(fault)).map(ToString::to_string).collect()
    }
}

fn is_serious(fault: &Value) -> bool {
    matches!(fault[0].as_str(), Some("serious" | "critical"))
}
