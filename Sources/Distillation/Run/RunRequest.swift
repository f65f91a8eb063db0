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
  /// The folders of other adapters, whose prompts stand before the trained one and stay as they are.
  package var beside: [URL]
  /// The files and folders of the context, which the teacher reads alone; none where lines bring their
  /// own.
  package var context: [URL]
  /// The file of the examples.
  package var inputs: URL
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
  /// Whether TensorBoard's files are written too.
  package var writesEvents = false

  /// A request.
  package init(
    folder: ModelFolder, modelName: ModelName, beside: [URL] = [], context: [URL], inputs: URL,
    validation: Validation,
    unrelated: URL? = nil, output: URL, mode: RunFolder.Mode, options: TrainingOptions,
    kept: Set<TrainingOptions.Resumable>, checkpointEvery: Int
  ) {
    self.folder = folder
    self.modelName = modelName
    self.beside = beside
    self.context = context
    self.inputs = inputs
    self.validation = validation
    self.unrelated = unrelated
    self.output = output
    self.mode = mode
    self.options = options
    self.kept = kept
    self.checkpointEvery = checkpointEvery
  }
}
