"""The stages: each plays a scenario (`sim.scenario`) and tells its story (`sim.trace`). One module a stage."""
