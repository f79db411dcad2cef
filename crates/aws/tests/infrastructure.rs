//! `infra/terraform` makes what the adapters use, by the same names.

use agent_runner_aws::{
    BANDS, Names,
    launcher::SIZES,
    table::{BY_STATUS, BY_TENANT, BY_TYPE, INDEXES, PK, SK, WAKE},
};

const LOCALS: &str = include_str!("../../../infra/terraform/locals.tf");
const QUEUES: &str = include_str!("../../../infra/terraform/queues.tf");
const FAMILIES: &str = include_str!("../../../infra/terraform/families.tf");
const TABLE: &str = include_str!("../../../infra/terraform/table.tf");
const WORKERS: &str = include_str!("../../../infra/terraform/variables_workers.tf");

/// However the formatter has aligned it.
fn assert_says(text: &str, wanted: &str) {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(wanted), "`{wanted}` is not there");
}

#[test]
fn the_sizes_of_workers_are_those_that_launchers_choose_among() {
    for size in SIZES {
        let (cpu, memory) = (size.machine.cpu_units, size.machine.memory_mb);
        let wanted = format!("{} = {{ cpu = {cpu}, memory = {memory} }}", size.name);
        assert_says(WORKERS, &wanted);
        assert_says(LOCALS, &wanted);
    }
}

#[test]
fn the_table_has_the_keys_and_indexes_of_the_adapters() {
    assert_says(TABLE, &format!("hash_key = \"{PK}\" range_key = \"{SK}\""));
    for index in INDEXES {
        let (name, hash, range) = (index.name, index.hash, index.range);
        let wanted = format!("{name} = {{ hash = \"{hash}\", range = \"{range}\" }}");
        assert_says(TABLE, &wanted);
    }
    assert_eq!(INDEXES, [WAKE, BY_TENANT, BY_STATUS, BY_TYPE]);
    assert_says(TABLE, &format!("number_attributes = [\"{}\"]", WAKE.range));
}

#[test]
fn the_parts_have_the_names_of_the_adapters() {
    let names = Names::new("${var.name}");
    assert_says(
        TABLE,
        &format!("name = \"{}\"", names.table()).replace("\"${var.name}\"", "var.name"),
    );
    let bands = BANDS.map(|band| format!("\"{band}\"")).join(", ");
    assert_says(LOCALS, &format!("bands = [{bands}]"));
    assert_says(QUEUES, &format!("\"{}\"", names.work_queue("${each.key}")));
    assert_says(QUEUES, &format!("\"{}\"", names.dead_letters()));
    assert_says(QUEUES, &format!("\"{}\"", names.task_events()));
    // Families are keyed by size and architecture.
    assert_says(FAMILIES, "\"${size}-${architecture}\" =>");
    let family = names.worker_family("${size}", "${architecture}");
    let family = family.replace("${size}-${architecture}", "${each.key}");
    assert_says(FAMILIES, &format!("\"{family}\""));
}
