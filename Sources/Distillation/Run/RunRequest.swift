import Foundation
import HuggingFace

/// A request for a distillation.
package struct RunRequest: Sendable {
  /// The held-out examples.
  package enum Validation: Sendable, Equatable {
    /// Those of another file.
    case file(URL)
    /// A fraction of the inputs, above 0 and below 1.
    case fraction(Double)
    /// None: nothing is evaluated.
    case none
    /// A tenth of the inputs, or none where there is one example alone.
    case automatic
  }

  /// The model.
  package var folder: ModelFolder
  /// The model's name in the results.
  package var modelName: ModelName
  /// The model that reads the context in its place; nil where it does so itself.
  package var teacher: TeacherModel?
  /// The folders of other adapters, whose prompts stand before the trained one and stay as they
  /// are.
  package var beside: [URL]
  /// The files and folders of the context, which the teacher reads alone; none where lines bring
  /// their own.
  package var context: [URL]
  /// The file of the tools that the teacher reads beside the context; nil for none.
  package var tools: URL?
  /// The file of the examples.
  package var inputs: URL
  /// Whether they are the lines of the study with which the run began.
  var hasOwnStudy = false
  /// The held-out examples.
  package var validation: Validation
  /// The file of prompts that have nothing to do with the context; nil takes the built-in ones.
  package var unrelated: URL?
  /// The folder of the results.
  package var output: URL
  /// What to do where that folder exists.
  package var mode: RunFolder.Mode
  /// The training options.
  package var options: TrainingOptions
  /// The members of ``options`` that the user left out: a resumed run keeps their recorded values.
  package var kept: Set<TrainingOptions.Resumable>
  /// Steps between two checkpoints.
  package var checkpointEvery: Int
  /// The price of a million tokens that a model reads, for the report; nil states no cost.
  package var price: Price?
  /// The time of the template's clock, where another run of the same sweep has read it.
  var templateClock: String?
  /// Whether the adapter that the training starts from is made by another run of the same sweep.
  var awaitsStart = false
  /// The most pseudo-tokens of a run of the same sweep: all of them share the limits of rollouts.
  var sweptTokens = 0
  /// Whether TensorBoard's files are written too.
  package var writesEvents = false

  /// A request.
  package init(
    folder: ModelFolder, modelName: ModelName, beside: [URL] = [], context: [URL],
    tools: URL? = nil, inputs: URL, validation: Validation,
    unrelated: URL? = nil, output: URL, mode: RunFolder.Mode, options: TrainingOptions,
    kept: Set<TrainingOptions.Resumable>, checkpointEvery: Int
  ) {
    self.folder = folder
    self.modelName = modelName
    self.beside = beside
    self.context = context
    self.tools = tools
    self.inputs = inputs
    self.validation = validation
    self.unrelated = unrelated
    self.output = output
    self.mode = mode
    self.options = options
    self.kept = kept
    self.checkpointEvery = checkpointEvery
  }

  /// Takes what a run that goes on reports beside its numbers, where the user has not named it
  /// anew.
  mutating func keepReports(of state: TrainingCheckpoint.State, in run: RunFolder) {
    price = price ?? state.price
    writesEvents = writesEvents || run.hasEvents
  }
}
