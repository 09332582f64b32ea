//! The same jobs by Pipewright and by other tools: whole processes in alternation, with goals.

use super::Options;
use super::environment::Environment;
use super::job::{Job, choose, print_head};
use super::measure::Neighbours;

pub(super) fn run(options: &Options) -> Result<(), String> {
    let environment = Environment::find(options)?;
    let mut jobs = (options.family.jobs)(&environment)?;
    choose(&mut jobs, &options.only)?;
    let neighbours = Neighbours::progress();
    for job in &mut jobs {
        job.run(options.rounds);
    }
    print_head();
    jobs.iter().for_each(Job::print);
    print!("\n{}", neighbours.report());
    println!("\ngoals");
    options.family.goals.iter().for_each(|goal| println!("  {}", goal.verdict(&jobs)));
    Ok(())
}
