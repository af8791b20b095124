#include "tests/simulation/fault/seeds.hpp"

int main(int argc, char** argv) { return tessera::simulation::fault::run_seeds(tessera::simulation::fault::cores, argc, argv); }
