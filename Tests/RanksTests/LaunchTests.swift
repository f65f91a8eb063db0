import Ranks
import Testing

@Suite struct LaunchTests {
  @Test(arguments: [
    ([:], Launch.none),
    (["OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "3"], .ranks(rank: 3)),
    (["PMI_SIZE": "2", "PMI_RANK": "0"], .ranks(rank: 0)),
    (["SLURM_STEP_NUM_TASKS": "2", "PMIX_RANK": "0"], .ranks(rank: 0)),
    // Slurm's with PMIx says the number in its own variables alone.
    (["PMIX_RANK": "1"], .ranks(rank: 1)),
    (["OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_RANK": "0"], .alone),
    // A batch script of Slurm is no rank.
    (["SLURM_NTASKS": "8", "SLURM_PROCID": "0"], .none),
    // srun without PMIx, and as it starts a shell or one program.
    (["SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1"], .separate(rank: 1)),
    (["SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"], .none),
    // mpirun on the hosts of a job of Slurm.
    (
      [
        "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "3", "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_PROCID": "1",
      ], .ranks(rank: 3)
    ),
  ]) func theEnvironmentTellsOfTheLauncher(_ environment: [String: String], _ launch: Launch) {
    #expect(Launch(environment: environment) == launch)
  }

  @Test func theFirstProcessReportsForAll() {
    #expect(Launch.none.isFirst && Launch.ranks(rank: 0).isFirst)
    #expect(Launch.separate(rank: 0).isFirst)
    #expect(!Launch.ranks(rank: 1).isFirst && !Launch.separate(rank: 1).isFirst)
  }

  @Test func separateProcessesAreRefused() {
    #expect(throws: RanksError.separate) { try Ranks.join(.separate(rank: 1)) }
  }

  #if !MPI
    @Test func severalProcessesWithoutMPIAreRefused() throws {
      #expect(throws: RanksError.notBuilt) { try Ranks.join(.ranks(rank: 1)) }
      #expect(try Ranks.join(.alone).count == 1)
    }
  #endif

  /// One rank gets back what it gives.
  @Test func oneRankHasEverything() {
    let ranks = Ranks.one
    #expect((ranks.rank, ranks.count) == (0, 1))
    #expect(ranks.onSameHost == [0])
    #expect(ranks.cores == nil && ranks.isFirst)
    #expect(ranks.gather([1, 2]) == [[1, 2]])
    #expect(ranks.gather(lists: [[1], [], [2]]) == [[1], [], [2]])
    #expect(ranks.sum([0.5, 1]) == [0.5, 1])
    #expect(ranks.ofFirst(7) == 7)
    #expect(ranks.least(7) == 7)
  }
}
