import ArgumentParser
import Compute
import Foundation
import Logging
import OpenCL

/// Options of every command.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where to compute: auto (a GPU if there is one, else the CPU), cpu, cuda, cuda:DEVICE, "
        + "opencl or opencl:PLATFORM.DEVICE. (default: auto)", valueName: "name"),
    completion: .list(["auto", "cpu", "cuda", "opencl"]), transform: Self.device)
  var device = DeviceSelection.automatic

  @Option(
    help: ArgumentHelp(
      "Threads of the CPU; all cores where left out, and those of before where a run is resumed.",
      valueName: "n"))
  var threads: Int?

  @Flag(
    name: [.customShort("v"), .customLong("verbose")],
    help: "Say more on standard error.")
  var verbose = false

  @Flag(help: "Say nothing on standard error but errors.")
  var quiet = false

  /// More than any present computer has; a larger one raises the limit.
  private static let threadLimit = max(1024, ProcessInfo.processInfo.activeProcessorCount)

  func validate() throws {
    if let threads, !(1...Self.threadLimit).contains(threads) {
      throw ValidationError(
        threads < 1
          ? "--threads: expected 1 or more, found \(threads)"
          : "--threads: expected 1 to \(Self.threadLimit), found \(threads)")
    }
    if verbose && quiet { throw ValidationError("give one of --verbose and --quiet") }
  }

  private static func device(_ text: String) throws -> DeviceSelection {
    guard let device = DeviceSelection(text) else {
      throw UsageError(
        description: "expected auto, cpu, cuda, cuda:DEVICE, opencl or opencl:PLATFORM.DEVICE")
    }
    return device
  }

  /// Opens the device with its stored tuning.
  func openDevice() throws(ComputeError) -> Device { try open(device.candidates()) }

  private func open(
    _ candidates: DeviceCandidates, _ index: Int = 0, recordedThreads: Int? = nil
  ) throws(ComputeError) -> Device {
    let opened = try candidates.open(
      index, threads: threads ?? recordedThreads ?? Job.ranks.cores)
    if let warning = opened.tuning.advice { logger.warning("\(warning)") }
    if let refused = opened.tuning.refusedAlgorithms { logger.warning("\(refused)") }
    // An NVIDIA GPU without NVRTC is left to OpenCL, and without cuBLASLt it is slower.
    if device == .automatic || opened.isCUDA {
      for missing in CUDASurvey().missing { logger.warning("\(missing)") }
    }
    // Without these messages, a broken driver would silently leave the work to the CPU.
    if device == .automatic, opened.isCPU, let survey = try? DeviceSurvey() {
      for failure in survey.failures { logger.warning("\(failure)") }
    }
    logger.debug("device \(opened.name): \(opened.title)")
    return opened
  }

  /// Opens the device of every rank, of which those of a host take different GPUs, and says once
  /// which they are.
  ///
  /// - Parameter recordedThreads: the threads of a resumed run, which the user need not name again.
  func openDevices(recordedThreads: Int? = nil) throws -> Device {
    let ranks = Job.ranks
    let candidates = try ranks.agree { try device.candidates() }
    let assignment: GPUAssignment
    do throws(ComputeError) {
      assignment = try GPUAssignment(hosts: ranks.hosts, seen: ranks.gather(candidates.gpus))
    } catch {
      throw AgreedFailure(Failure(error))
    }
    let opened = try ranks.agree {
      try open(candidates, assignment.indices[ranks.rank], recordedThreads: recordedThreads)
    }
    let memories = ranks.gather(lists: [Array(opened.memoryOwner.utf8)])
    opened.processesOnMemory = ranks.onSameHost.count { memories[$0] == memories[ranks.rank] }
    // All ranks tell the first one, which alone has a log.
    let text = ranks.text(device: opened)
    if ranks.count > 1 { logger.info("\(text)") }
    if opened.processesOnMemory > 1 {
      logger.debug("\(opened.processesOnMemory) ranks share the memory of \(opened.name)")
    }
    return opened
  }

  /// Whether nothing but errors is said: one rank alone speaks for all.
  var isQuiet: Bool { quiet || !Job.ranks.isFirst }

  /// The logger of messages.
  var logger: Logger {
    var logger = Logger(label: "train-gpu") { _ in StandardErrorLog() }
    logger.logLevel = !Job.ranks.isFirst ? .critical : quiet ? .error : verbose ? .debug : .info
    return logger
  }
}
