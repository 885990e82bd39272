use super::*;

#[test]
fn every_scope_tells_of_its_changes_in_order() {
    let outcome = run(
        "pm.environment.set('a', 1); pm.globals.set('b', { x: [1] }); pm.collectionVariables.set('c', true, 'boolean');
         pm.variables.set('d', 'local'); pm.environment.unset('base'); pm.globals.clear();",
    );
    let set = |value: Value, kind: Option<&str>| Change::Set {
        value,
        kind: kind.map(str::to_owned),
    };
    let changes: Vec<_> = outcome
        .mutations
        .iter()
        .map(|m| (m.scope, m.key.as_str(), m.change.clone()))
        .collect();
    assert_eq!(
        changes,
        [
            (Scope::Environment, "a", set(json!(1), None)),
            (Scope::Globals, "b", set(json!({ "x": [1] }), None)),
            (Scope::Collection, "c", set(json!(true), Some("boolean"))),
            (Scope::Local, "d", set(json!("local"), None)),
            (Scope::Environment, "base", Change::Unset),
            (Scope::Globals, "shared", Change::Unset),
            (Scope::Globals, "world", Change::Unset),
            (Scope::Globals, "b", Change::Unset),
        ]
    );
}

#[test]
fn pm_variables_sees_the_nearest_scope() {
    let mut job = job(
        "pm.test('x', () => {
             pm.expect(pm.variables.get('shared')).to.equal('data');
             pm.expect(pm.iterationData.get('shared')).to.equal('data');
             pm.expect(pm.variables.get('world')).to.equal('earth');
             pm.expect(pm.variables.get('mine')).to.equal('local');
             pm.environment.set('fresh', 1);
             pm.expect(pm.variables.get('fresh')).to.equal(1);
             pm.expect(pm.variables.has('none')).to.equal(false);
             pm.expect(pm.variables.replaceIn('{{mine}} {{world}} {{none}} {{shared}}')).to.equal('local earth {{none}} data');
             pm.variables.set('shared', 'nearest');
             pm.expect(pm.variables.get('shared')).to.equal('nearest');
             pm.expect(pm.variables.toObject().world).to.equal('earth');
         });",
    );
    job.iteration_data
        .insert("shared".to_owned(), "data".into());
    job.local = vec![Entry::new("mine", "local")];
    assert_eq!(lines(&run_job(job)), ["0 x: passed"]);
}

#[test]
fn disabled_variables_are_not_seen_and_types_are_cast() {
    let mut job = job(
        "pm.test('x', () => { pm.expect(pm.environment.has('off')).to.equal(false); \
         pm.expect(pm.environment.get('n')).to.equal(5); pm.expect(pm.environment.toObject()).to.have.property('n'); })",
    );
    job.environment = vec![
        Entry {
            disabled: true,
            ..Entry::new("off", "x")
        },
        Entry {
            kind: Some("number".to_owned()),
            ..Entry::new("n", "5")
        },
    ];
    assert_eq!(lines(&run_job(job)), ["0 x: passed"]);
}

#[test]
fn variables_that_scripts_only_read_are_not_changed() {
    let outcome = run("pm.environment.get('base'); pm.variables.toObject(); pm.globals.toJSON()");
    assert!(outcome.mutations.is_empty());
    assert_eq!(outcome.error, None);
}
