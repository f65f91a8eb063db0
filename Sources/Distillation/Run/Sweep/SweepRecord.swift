import Files
import Foundation

/// `sweep.json`: what a sweep has found.
package struct SweepRecord: Sendable, Equatable, Codable {
  /// One of its runs.
  package struct Member: Sendable, Equatable, Codable {
    /// The name of its folder.
    package var folder: String
    package var method: TrainingOptions.Method
    /// Pseudo-tokens.
    package var tokens: Int
    /// Where its training starts, and why.
    package var start: String
    /// Steps of the next smaller run when this one began from its prompt; nil for other starts, and
    /// where an older program did not record it.
    package var startStep: Int?
    /// The held-out KL in nats a token; nil before its end, as the next.
    package var kl: Double?
    /// The held-out cross-entropy in nats a token, where training lowers that.
    package var crossEntropy: Double?
    /// Bytes of the prompt's file.
    package var promptBytes: Int?
    /// Whether the KL is within the budget; nil where there is none.
    package var isWithinBudget: Bool?

    /// What training lowers, as far as it is a number.
    package var loss: Double? {
      let loss = crossEntropy ?? kl
      return loss?.isFinite == true ? loss : nil
    }

    private enum CodingKeys: String, CodingKey {
      case folder, method, tokens, start, kl
      case startStep = "start_step"
      case crossEntropy = "cross_entropy"
      case promptBytes = "prompt_bytes"
      case isWithinBudget = "within_budget"
    }
  }

  /// The program's version.
  package var version = ProgramVersion.text
  /// The largest KL of a prompt that is delivered.
  package var budget: Double?
  /// The start of all runs, where the user names one.
  package var initialization: Initialization?
  /// The SHA-256 of its file, where it is an adapter; nil where an older program did not record it.
  package var startDigest: String?
  /// The price that the reports state costs by.
  package var price: Price?
  /// The runs, of each method by their size.
  package var members: [Member]
  /// The folder of the run that is delivered; nil before the end, and where none is within the
  /// budget.
  package var delivered: String?

  /// The run that is delivered: the smallest within the budget, in tokens and then in bytes;
  /// without a budget the one with the lowest loss. Nil where none is.
  var choice: Member? {
    let judged = members.filter { $0.kl?.isFinite == true }
    guard let budget else { return nearest }
    return judged.filter { ($0.kl ?? .infinity) <= budget }.min { left, right in
      (left.tokens, left.promptBytes ?? .max) < (right.tokens, right.promptBytes ?? .max)
    }
  }

  /// The run with the lowest held-out loss; with a budget the one with the lowest KL.
  package var nearest: Member? {
    func distance(_ member: Member) -> Double? { budget == nil ? member.loss : member.kl }
    return members.filter { distance($0)?.isFinite == true }
      .min { (distance($0) ?? 0) < (distance($1) ?? 0) }
  }

  private enum CodingKeys: String, CodingKey {
    case version, members, delivered
    case budget = "kl_budget"
    case initialization = "init"
    case startDigest = "init_sha256"
    case price = "price_per_million_tokens"
  }

  /// Writes every member; what is delivered also where nothing is, as null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(version, forKey: .version)
    try container.encodeIfPresent(budget, forKey: .budget)
    try container.encodeIfPresent(initialization, forKey: .initialization)
    try container.encodeIfPresent(startDigest, forKey: .startDigest)
    try container.encodeIfPresent(price, forKey: .price)
    try container.encode(members, forKey: .members)
    try container.encode(delivered, forKey: .delivered)
  }

  /// The name of the file.
  package static let name = "sweep.json"

  /// Whether a folder holds a sweep.
  static func exists(in folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: name).path)
  }

  /// Reads the record in a folder.
  static func read(in folder: URL) throws(DistillationError) -> SweepRecord {
    let file = folder.appending(path: name)
    let record: SweepRecord
    do throws(DistillationError) {
      record = try RecordCoding.decode(SweepRecord.self, from: file)
    } catch {
      throw .damaged(.sweep, error)
    }
    // Folders of this one, and no path that leads out of it.
    if let name = record.members.map(\.folder).first(where: {
      $0.isEmpty || $0.hasPrefix(".") || $0.contains("/")
    }) {
      throw .damagedRecord(
        of: .sweep, "\(file.path): expected names of folders beside it, found \(name)")
    }
    return record
  }
}
