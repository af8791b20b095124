#include "tests/simulation/actors/run.hpp"

int main(int argc, char** argv) { return tessera::simulation::fault::run_seeds(tessera::simulation::shells::suite, argc, argv); }
