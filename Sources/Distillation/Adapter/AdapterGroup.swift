import Files
import Foundation
import HuggingFace
package import Inference
import JSON
package import Transformer

/// Adapters whose prompts stand together before every prompt:
///
///     header | prompt of the first | prompt of the second | ... | closing
///
/// Header and closing come once, so they must be the same. Keys are rotated from the positions of
/// their training to those where they stand; embeddings are computed there, behind the prompts
/// before them.
package struct AdapterGroup: Sendable {
  /// One of them.
  package struct Member: Sendable {
    /// Where it was read.
    package let url: URL
    package let adapter: AdapterImport
    /// Its record, for a run that is trained beside it.
    let record: NeighborRecord
  }

  /// The adapters in the order of their prompts.
  package let members: [Member]

  /// Reads adapters; at least one, unless the group may be empty.
  ///
  /// - Parameters:
  ///   - urls: folders or files, as ``AdapterImport/init(at:for:)`` takes them.
  ///   - configuration: of the model.
  /// - Throws: as that; where several hold PEFT's virtual tokens or are the same.
  package init(
    _ urls: [URL], for configuration: DecoderConfiguration
  ) throws(DistillationError) {
    members = try urls.map { (url) throws(DistillationError) in
      let adapter = try AdapterImport(at: url, for: configuration)
      return Member(
        url: url, adapter: adapter,
        record: NeighborRecord(
          digest: try AdapterImport.digest(of: url), tokens: adapter.prompt.form.tokenCount))
    }
    guard members.count > 1 else { return }
    for (index, member) in members.enumerated() {
      try Self.checkOwnForm(member)
      if let same = members[..<index].first(where: { $0.adapter.prompt == member.adapter.prompt }) {
        throw .content(
          file: member.url.path, expected: "another prompt than \(same.url.path) holds",
          found: "the same")
      }
    }
  }

  /// The first adapter, whose template and texts count for all.
  private var first: AdapterImport? { members.first?.adapter }

  /// The template of their training; nil where it is not recorded.
  package var template: TemplateChoice? { first?.template }

  /// Whether all were trained on given responses, without a context.
  var isWithoutContext: Bool {
    members.allSatisfy { member in
      if case .softPrompt(_, let record) = member.adapter {
        record.contextTokens == 0
      } else {
        false
      }
    }
  }

  /// How the training's texts became tokens.
  package var inputReading: InputReading { first?.inputReading ?? .present }

  /// Pseudo-tokens of all.
  package var tokenCount: Int { members.reduce(0) { $0 + $1.record.tokens } }

  /// The conditioning with the frozen tokens of their training, as
  /// ``AdapterImport/framing(_:file:)``.
  ///
  /// - Throws: as that; where the adapters do not have the same header and closing there.
  package func framing(_ conditioning: Conditioning) throws(DistillationError) -> Conditioning {
    guard let head = members.first else { return conditioning }
    let framed = try head.adapter.framing(conditioning, file: head.url.path)
    // In a template that the user chose, all have its frame.
    let frame = head.adapter.isMoved(to: framed) ? nil : head.adapter.frame(in: framed)
    for member in members.dropFirst() {
      guard member.adapter.inputReading == head.adapter.inputReading,
        frame == nil || member.adapter.frame == nil || member.adapter.frame == frame
      else { throw .otherFrame(adapter: member.url.path, other: head.url.path) }
    }
    return framed
  }

  /// The prefix of every prompt, with all prompts in place of the context.
  ///
  /// - Parameters:
  ///   - conditioning: as ``framing(_:)`` returns it.
  ///   - configuration: of the model.
  ///   - textLength: of the longest text without the prefix.
  /// - Throws: where they do not fit the model's positions, or keys cannot move.
  package func prefix(
    in conditioning: Conditioning, of configuration: DecoderConfiguration, textLength: Int = 0
  ) throws(DistillationError) -> Prefix {
    guard let head = members.first else { return conditioning.teacherPrefix }
    guard members.count > 1 else {
      return try prefix(of: head, in: conditioning, configuration, textLength)
    }
    return try prefix(
      in: head.adapter.frame(in: conditioning), of: configuration, textLength: textLength)
  }

  /// The prefix of every prompt, with each prompt alone in place of the context.
  ///
  /// - Throws: for the first whose keys cannot move, as
  ///   ``AdapterImport/prompt(at:of:file:isLong:)``.
  package func prefixesAlone(
    in conditioning: Conditioning, of configuration: DecoderConfiguration, textLength: Int = 0
  ) throws(DistillationError) -> [Prefix] {
    try members.map { (member) throws(DistillationError) in
      try prefix(of: member, in: conditioning, configuration, textLength)
    }
  }

  private func prefix(
    of member: Member, in conditioning: Conditioning, _ configuration: DecoderConfiguration,
    _ textLength: Int
  ) throws(DistillationError) -> Prefix {
    try member.adapter.prefix(
      in: conditioning, of: configuration, file: member.url.path, textLength: textLength)
  }

  /// All prompts in a frame; at least one.
  func prefix(
    in frame: Frame, of configuration: DecoderConfiguration, textLength: Int = 0
  ) throws(DistillationError) -> Prefix {
    let rows = frame.header.count + tokenCount + frame.closing.count
    guard rows < configuration.maximumPositions else {
      throw .content(
        file: members.map(\.url.path).joined(separator: ", "),
        expected: "adapters that leave room for a prompt in the model's "
          + "\(Counted(configuration.maximumPositions, "position"))",
        found: "\(Counted(rows, "row")) together")
    }
    return Prefix(
      frame,
      joining: try prompts(
        after: frame.header.count, of: configuration,
        isLong: configuration.isLong(rows + textLength)))
  }

  /// The prompts one after the other, the first at a position.
  func prompts(
    after row: Int, of configuration: DecoderConfiguration, isLong: Bool
  ) throws(DistillationError) -> [LearnedPrompt] {
    var (row, prompts) = (row, [LearnedPrompt]())
    for member in members {
      prompts.append(
        try member.adapter.prompt(
          at: row, of: configuration, file: member.url.path, isLong: isLong))
      row += member.record.tokens
    }
    return prompts
  }

  /// Checks that an adapter's prompt can stand beside another: that it is Pith's own form, which is
  /// the prompt alone.
  static func checkOwnForm(_ member: Member) throws(DistillationError) {
    guard case .virtualTokens = member.adapter else { return }
    throw .content(
      file: member.url.path,
      expected: "the output folder of a run, whose prompt can stand beside another",
      found: "virtual tokens of PEFT, which hold header and closing too")
  }
}

extension AdapterGroup {
  /// The frozen tokens around the prompts, as the files record them.
  var frame: Frame { members.lazy.compactMap(\.adapter.frame).first ?? Frame() }

  /// The frame that all files record.
  ///
  /// - Throws: where they record different ones.
  func commonFrame() throws(DistillationError) -> Frame {
    for member in members {
      guard member.adapter.frame == nil || member.adapter.frame == frame else {
        throw .otherFrame(adapter: member.url.path, other: members[0].url.path)
      }
    }
    return frame
  }

  /// How far sliding windows reach back to the first prompt; nil for one adapter, and where all
  /// layers see all of them.
  ///
  /// - Parameters:
  ///   - prefix: with all prompts.
  ///   - longest: tokens of the longest text behind it.
  func windowReach(
    _ prefix: Prefix, longest: Int, of configuration: DecoderConfiguration
  ) -> WindowReach? {
    guard members.count > 1 else { return nil }
    return WindowReach(
      prompt: prefix.learnedRange, textRows: prefix.rows + longest - 1,
      windows: configuration.windows)
  }
}
