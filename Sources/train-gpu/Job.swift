import ArgumentParser
import Foundation
import Ranks
import Synchronization

/// The job of MPI that this process belongs to; where it was started by itself, it is the only
/// rank.
enum Job {
  /// How this process was started.
  static let launch = Launch(environment: ProcessInfo.processInfo.environment)
  private static let joined = Mutex(Ranks.one)

  /// The ranks of the job.
  static var ranks: Ranks { joined.withLock(\.self) }

  /// Joins the job before a command runs.
  ///
  /// - Throws: where there are several processes, and the program is built without MPI or the
  ///   command is not shared out.
  static func join(for command: any ParsableCommand) throws {
    let ranks = try Ranks.join(launch)
    joined.withLock { $0 = ranks }
    guard ranks.count == 1 || command is any SharedOutCommand else {
      let name = type(of: command)._commandName
      throw AgreedFailure(
        Failure(
          UsageError(
            description: "\(name): expected one process, found \(ranks.count) of a job of MPI: "
              + "distill, study and evaluate are shared out")))
    }
  }

  /// Leaves the job once all ranks do.
  static func leave() { ranks.leave() }
}

/// A command whose work is shared out over the ranks of a job.
protocol SharedOutCommand: ParsableCommand {}

/// A failure that all ranks know of: the first one reports it, and each ends by itself.
struct AgreedFailure: Error {
  let message: String
  let code: Int32

  init(_ failure: Failure, of name: String? = nil) {
    message = name.map { "\($0): \(failure.message)" } ?? failure.message
    code = failure.code
  }
}

extension Ranks {
  /// This rank in a message.
  var name: String { name(of: rank) }

  func name(of rank: Int) -> String { "rank \(rank) on \(hosts[rank])" }

  /// Runs what every rank does for itself, without a message to others. Where it fails on any, it
  /// fails on all, with the error of the first of them.
  func agree<Value>(_ body: () throws -> Value) throws -> Value {
    let result = Result { try body() }
    guard count > 1 else { return try result.get() }
    var own: Failure?
    if case .failure(let error) = result { own = Failure(error) }
    let codes = gather([own?.code ?? 0]).flatMap(\.self)
    let messages = gather(lists: [Array((own?.message ?? "").utf8)])
    guard let first = codes.firstIndex(where: { $0 != 0 }) else { return try result.get() }
    // What all ranks found is no rank's own.
    let isOfAll = messages.allSatisfy { $0 == messages[0] }
    throw AgreedFailure(
      message: (isOfAll ? "" : "\(name(of: first)): ")
        + String(decoding: messages[first], as: UTF8.self), code: codes[first])
  }
}

extension AgreedFailure {
  fileprivate init(message: String, code: Int32) {
    self.message = message
    self.code = code
  }
}
