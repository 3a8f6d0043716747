""" Contains all the data models used in inputs/outputs """

from .answer import Answer
from .answer_contributions import AnswerContributions
from .answer_name_1 import AnswerName1
from .answer_name_2 import AnswerName2
from .batch import Batch
from .batch_answer import BatchAnswer
from .categories import Categories
from .category import Category
from .difference import Difference
from .effect_enum import EffectEnum
from .every_profile import EveryProfile
from .every_profile_name_1 import EveryProfileName1
from .every_profile_name_2 import EveryProfileName2
from .experiment_arm import ExperimentArm
from .fault import Fault
from .feedback import Feedback
from .feedback_answer import FeedbackAnswer
from .feedback_page import FeedbackPage
from .format_enum import FormatEnum
from .given_feedback import GivenFeedback
from .job import Job
from .job_page import JobPage
from .job_request import JobRequest
from .key import Key
from .kind_enum import KindEnum
from .live_model import LiveModel
from .me import Me
from .model import Model
from .models import Models
from .pair import Pair
from .pair_identifiers_1 import PairIdentifiers1
from .pair_identifiers_2 import PairIdentifiers2
from .prediction_page import PredictionPage
from .predictions_export_file import PredictionsExportFile
from .predictions_export_profile import PredictionsExportProfile
from .predictions_export_verdict import PredictionsExportVerdict
from .predictions_profile import PredictionsProfile
from .predictions_verdict import PredictionsVerdict
from .problem import Problem
from .profile import Profile
from .profile_answer import ProfileAnswer
from .profile_effects import ProfileEffects
from .profile_enum import ProfileEnum
from .profiles import Profiles
from .question import Question
from .question_identifiers_1 import QuestionIdentifiers1
from .question_identifiers_2 import QuestionIdentifiers2
from .refresh import Refresh
from .register_enum import RegisterEnum
from .result import Result
from .short_answer import ShortAnswer
from .status_enum import StatusEnum
from .token import Token
from .token_answer import TokenAnswer
from .verdict_enum import VerdictEnum

__all__ = (
    "Answer",
    "AnswerContributions",
    "AnswerName1",
    "AnswerName2",
    "Batch",
    "BatchAnswer",
    "Categories",
    "Category",
    "Difference",
    "EffectEnum",
    "EveryProfile",
    "EveryProfileName1",
    "EveryProfileName2",
    "ExperimentArm",
    "Fault",
    "Feedback",
    "FeedbackAnswer",
    "FeedbackPage",
    "FormatEnum",
    "GivenFeedback",
    "Job",
    "JobPage",
    "JobRequest",
    "Key",
    "KindEnum",
    "LiveModel",
    "Me",
    "Model",
    "Models",
    "Pair",
    "PairIdentifiers1",
    "PairIdentifiers2",
    "PredictionPage",
    "PredictionsExportFile",
    "PredictionsExportProfile",
    "PredictionsExportVerdict",
    "PredictionsProfile",
    "PredictionsVerdict",
    "Problem",
    "Profile",
    "ProfileAnswer",
    "ProfileEffects",
    "ProfileEnum",
    "Profiles",
    "Question",
    "QuestionIdentifiers1",
    "QuestionIdentifiers2",
    "Refresh",
    "RegisterEnum",
    "Result",
    "ShortAnswer",
    "StatusEnum",
    "Token",
    "TokenAnswer",
    "VerdictEnum",
)
