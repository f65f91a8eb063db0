import Foundation
import OpenCL
import TestSupport
import Testing

@testable import Compute

extension DeviceTests {
  /// The search for constants, and what is made of what it found.
  @Suite(.enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"))
  struct TuningTests {
    private let folder: TemporaryFolder
    private let store: TuningStore

    init() throws {
      folder = try TemporaryFolder()
      store = TuningStore(folder: folder.url)
    }

    private func open(_ name: TestDevice, _ tunings: TuningStore) throws -> Device {
      let description = try #require(TestDevice.openCL)
      let context = TestDevice.openCLContext
      return try TestDevice.starting {
        try Device(
          opencl: description, isProfiling: true, variant: name == .opencl ? .automatic : .gpu,
          tunings: tunings, programs: TestDevice.programs, in: context)
      }
    }

    /// The variants of the kernels that the device runs: a GPU has no CPU variant.
    private static let variants: [TestDevice] =
      TestDevice.openCL?.kind == .gpu ? [.openclGPUVariant] : [.opencl, .openclGPUVariant]

    /// Every candidate of some kernels of each kind builds and gives the default's result; a search
    /// checks the same of all kernels, which PoCL takes minutes to compile.
    @Test(
      arguments: [
        (TestDevice.opencl, 8, ["matmul_wide", "swiglu", "adamw"]),
        (.openclGPUVariant, 24, ["rms_norm", "row_gather", "matmul_few"]),
      ].filter { variants.contains($0.0) })
    func candidatesAgreeWithTheirDefault(
      on name: TestDevice, tunables: Int, kernels: [String]
    ) throws {
      let tuner = try Tuner(try open(name, .none), sizes: .small, runs: 1)
      #expect(tuner.names.count >= tunables)
      #expect(!tuner.names.contains { $0.hasSuffix("_bf16") }, "tensor cores alone round")
      for kernel in kernels {
        var tried: [String] = []
        let found = try tuner.search(kernel) { tried.append($0) }
        #expect(found.refused.isEmpty, "\(kernel)")
        #expect(found.candidates == tried.count && tried.count > 1)
        #expect(Set(tried).count == tried.count)
        #expect(found.microseconds > 0 && found.microseconds <= found.defaultMicroseconds)
      }
    }

    @Test func aCandidateThatStraysIsRefused() throws {
      let reference = Trial.Found(values: [1, -4], isExact: false)
      #expect(Trial.Found(values: [1, -4.0001], isExact: false).error(against: reference) > 2e-5)
      #expect(Trial.Found(values: [1, -4.00001], isExact: false).error(against: reference) < 3e-6)
      let broken = Trial.Found(values: [1, .nan], isExact: false)
      #expect(broken.error(against: reference) == .infinity)
      let integers = Trial.Found(values: [1, 2], isExact: true)
      #expect(Trial.Found(values: [1, 3], isExact: true).error(against: integers) == .infinity)
      #expect(integers.error(against: integers) == 0)
    }

    @Test func noCandidateAsksForMoreThanGPUsHave() {
      for tunable in Tunable.all {
        for candidate in tunable.gpu + tunable.cpu {
          #expect(
            candidate.fits(
              workGroupSize: 256, localMemory: candidate.needsTensorCores ? 48 << 10 : 32 << 10,
              hasTensorCores: candidate.needsTensorCores), "\(tunable.name)")
        }
        #expect(Set(tunable.gpu).count == tunable.gpu.count)
        #expect(Set(tunable.cpu).count == tunable.cpu.count)
      }
      #expect(Set(Tunable.all.map(\.name)).count == Tunable.all.count)
      let wide = TuningCandidate([], items: 256, localBytes: 20 << 10)
      #expect(!wide.fits(workGroupSize: 128, localMemory: 64 << 10, hasTensorCores: true))
      #expect(!wide.fits(workGroupSize: 1024, localMemory: 16 << 10, hasTensorCores: true))
      let fragments = TuningCandidate([], items: 64, needsTensorCores: true)
      #expect(!fragments.fits(workGroupSize: 256, localMemory: 48 << 10, hasTensorCores: false))
    }

    /// A record that gives the first kernels their last candidates, whatever a search would find.
    private func record(
      _ device: Device, _ change: (inout TuningRecord) -> Void = { _ in }
    ) throws -> TuningRecord {
      guard case .gpu(let gpu) = device.engine else { throw CancellationError() }
      let kernels = [Tunable.attentionForward, .swiglu, .adamW].map { tunable in
        TunedKernel(
          name: tunable.name, constants: tunable.candidates(on: gpu.target).last?.values ?? [:],
          source: tunable.file.fingerprint, defaultConstants: [:], defaultMicroseconds: 2,
          microseconds: 1, candidates: 2, refused: [])
      }
      var record = TuningRecord(gpu.target, kernels: kernels, date: Date.now)
      change(&record)
      try store.write(record, of: device)
      return record
    }

    @Test(arguments: variants)
    func aDeviceRunsWithItsTuning(on name: TestDevice) throws {
      let plain = try open(name, store)
      #expect(plain.tuning == DeviceTuning())
      let record = try record(plain)
      let tuned = try open(name, store)
      #expect(tuned.tuning.kernels == 3 && tuned.tuning.stale == 0)
      #expect(tuned.tuning.date == record.date && tuned.tuning.warning == nil)
      #expect(try store.record(of: tuned) == record)
      guard case .gpu(let gpu) = tuned.engine else { throw CancellationError() }
      #expect(gpu.configuration(.adamW).values == ["LANES": 128])
      let span = try #require(gpu.configuration(.swiglu).constants.last)
      #expect(gpu.lanesAndSpan(.swiglu).span == span)

      // The same numbers, to within the order of sums.
      let found = try [plain, tuned].map { device in
        let trial = Trial(device, sizes: .small)
        try Tunable.attentionForward.prepare(trial)
        return try trial.results()
      }
      for (mine, other) in zip(found[1], found[0]) {
        #expect(mine.error(against: other) < Tunable.attentionForward.tolerance)
      }
      for other in Self.variants where other != name {
        #expect(try open(other, store).tuning.kernels == 0, "each variant has its own tuning")
      }
    }

    @Test func aTuningForOtherKernelsOrDevicesIsNotUsed() throws {
      let device = try open(.opencl, .none)
      let file = try #require(store.file(of: device))
      func tuning(_ change: @escaping (inout TuningRecord) -> Void) throws -> DeviceTuning {
        _ = try record(device, change)
        return try open(.opencl, store).tuning
      }
      let stale = try tuning { $0.kernels[1].source = "another" }
      #expect(stale.kernels == 2 && stale.stale == 1 && stale.warning == nil)
      #expect(try tuning { $0.kernels[1].name = "gone" }.stale == 1)

      let invalid = try tuning { $0.kernels[2].constants = ["LANES": 4096] }
      #expect(invalid.kernels == 2)
      #expect(
        invalid.warning == "\(file.path): constants that are not on offer for adamw: "
          + "the defaults are used there")
      #expect(try tuning { $0.kernels[2].constants = [:] }.kernels == 2)
      #expect(try tuning { $0.kernels[2].constants["LANE"] = 128 }.kernels == 2)

      let foreign = try tuning { $0.driver = "of last year" }
      #expect(foreign.kernels == 0 && foreign.date == nil)
      #expect(try #require(foreign.warning).contains("driver of last year: the defaults are used"))
      #expect(try tuning { $0.device = "another" }.kernels == 0)
      #expect(try tuning { $0.variant = $0.variant == "gpu" ? "cpu" : "gpu" }.kernels == 0)
      #expect(throws: TuningStoreError.self) { try store.record(of: device) }
    }

    @Test(arguments: [
      ("", "expected a tuning, found an empty file"),
      ("{", "line 1, column 2: expected a key in quotes, found the end of the text"),
      ("[]", "expected an object, found an array"),
      (#"{"device": 3}"#, "expected the key platform, found another record"),
      ("\u{0}\u{1}", "line 1, column 1: expected a value, found byte 0x0"),
    ])
    func aDamagedFileIsOneWarning(text: String, reason: String) throws {
      let device = try open(.opencl, .none)
      let file = try #require(store.file(of: device))
      try Data(text.utf8).write(to: file)
      let tuning = try open(.opencl, store).tuning
      #expect(tuning.kernels == 0)
      #expect(
        tuning.warning == "\(file.path): \(reason): the defaults are used")
      #expect {
        try store.record(of: device)
      } throws: {
        "\($0)" == "\(file.path): \(reason)"
      }
    }

    @Test func aFileThatCannotBeReadIsOneWarning() throws {
      let device = try open(.opencl, .none)
      let file = try #require(store.file(of: device))
      try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
      #expect(
        try open(.opencl, store).tuning.warning
          == "\(file.path): expected a file, found a folder: the defaults are used")
    }

    @Test func earlierKernelsStayInTheRecord() throws {
      let device = try open(.opencl, .none)
      let earlier = try record(device) { $0.kernels[1].source = "another" }
      let tuner = try Tuner(device, sizes: .small, runs: 1)
      let found = try tuner.search("adamw")
      let record = tuner.record([found], keeping: earlier)
      #expect(record.kernels.map(\.name) == ["attention_forward", "adamw"])
      #expect(record.kernels.last == found)
    }

    @Test func theCPUPathHasNothingToTune() throws {
      let device = try Device(cpuThreads: 1)
      #expect(throws: ComputeError.nothingToTune) { try Tuner(device) }
      #expect(store.file(of: device) == nil)
      #expect(device.tuning == DeviceTuning())
    }
  }
}
