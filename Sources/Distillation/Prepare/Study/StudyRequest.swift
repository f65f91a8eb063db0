import Foundation
import HuggingFace
package import Ranks

/// A request for a study.
package struct StudyRequest: Sendable {
  /// The model.
  package var folder: ModelFolder
  /// The model that writes and answers in its place, over the same tokens; nil where it does so
  /// itself.
  package var teacher: TeacherModel?
  /// The files and folders of the context, texts.
  package var context: [URL]
  /// The file of the tools that the model reads beside the context; nil for none.
  package var tools: URL?
  /// The file of the user's own seeds; nil takes the built-in ones.
  package var seeds: URL?
  /// The file of the lines.
  package var output: URL
  /// Whether what is in that file may be lost.
  package var isOverwriting: Bool
  /// Whether the folder of that file is still to be made.
  package var makesFolder: Bool
  /// Whether a study that is done may go on to more conversations.
  package var mayExtend: Bool
  /// The ranks that share out questions and answers.
  package var ranks: Ranks
  /// How to study.
  package var options: StudyOptions

  /// A request.
  package init(
    folder: ModelFolder, context: [URL], tools: URL? = nil, seeds: URL?, output: URL,
    isOverwriting: Bool,
    makesFolder: Bool = false, mayExtend: Bool = true, ranks: Ranks = .one, options: StudyOptions
  ) {
    self.folder = folder
    self.context = context
    self.tools = tools
    self.seeds = seeds
    self.output = output
    self.isOverwriting = isOverwriting
    self.makesFolder = makesFolder
    self.mayExtend = mayExtend
    self.ranks = ranks
    self.options = options
  }
}

/// How far a study is.
package struct StudyProgress: Sendable, Equatable {
  /// What is going on.
  package enum Phase: String, Sendable {
    case questions = "writing questions"
    case answers = "answering them"
  }

  /// What is going on.
  package var phase: Phase
  /// Conversations done.
  package var conversations: Int
  /// All of them.
  package var total: Int
  /// Tokens of questions and answers a second, since the study was begun or gone on with.
  package var tokensPerSecond: Double
  /// Questions that were written, and those of them that were left out.
  package var questions: Int
  package var dropped: Int
}

/// What a study came to.
package struct StudyResult: Sendable, Equatable {
  /// Conversations.
  package var conversations: Int
  /// Those that are held out.
  package var heldOut: Int
  /// Lines: one for each answered question.
  package var lines: Int
  /// Questions that were written.
  package var questions: Int
  /// What was left out.
  package var drops: StudyDrops
  /// Tokens generated.
  package var tokens: Int
  /// Seconds of writing, of all times that it was gone on with.
  package var seconds: Double
  /// Their parts; nil of a study that an older program finished.
  package var times: StudyTimes?
  /// Windows in which the context is read.
  package var windows: Int
  /// The share of the context that held-out questions are written from.
  package var heldOutShare: Double
  /// Bytes of the context, with line ends as LF, that held-out questions are written from.
  package var heldOutSpans: [Range<Int>]
}

extension StudyRequest {
  /// Checks that no input is the study that is replaced: it would be lost before the new one is
  /// written.
  func checkInputs() throws(DistillationError) {
    guard isOverwriting else { return }
    let lost = [output, StudyFile.record(of: output)].map { $0.resolvingSymlinksInPath().path }
    let named =
      context.map { (OptionName.context, $0) }
      + [(.tools, tools), (.seeds, seeds)].compactMap { name, url in url.map { (name, $0) } }
    for (name, url) in named where lost.contains(url.resolvingSymlinksInPath().path) {
      throw .option(
        name, expected: "another file than the study that is replaced, since it would be lost",
        found: url.path)
    }
  }
}
