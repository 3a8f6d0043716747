from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.verdict_enum import check_verdict_enum
from ..models.verdict_enum import VerdictEnum
from typing import cast
from uuid import UUID
import datetime

if TYPE_CHECKING:
  from ..models.answer_contributions import AnswerContributions
  from ..models.answer_name_1 import AnswerName1
  from ..models.answer_name_2 import AnswerName2
  from ..models.difference import Difference
  from ..models.experiment_arm import ExperimentArm
  from ..models.model import Model





T = TypeVar("T", bound="Answer")



@_attrs_define
class Answer:
    """ The answer to a comparison.

    Describes :func:`answer`, which builds it without the cost of a serializer.

     """

    cached: bool
    confidence: float
    """ Probability of the stated prediction. """
    contributions: AnswerContributions
    """ Log-odds each feature added; empty when a rule decided. """
    created_at: datetime.datetime
    decided_by: str
    """ Whether a rule or the model decided. """
    differences: list[Difference]
    disclaimer: str
    experiment: ExperimentArm | None
    id: UUID
    kind: str
    material_probability: float
    missing_fact: None | str
    """ For review: what would settle it. """
    model: Model
    """ The version that scored. """
    name1: AnswerName1
    """ The first name as parsed. """
    name2: AnswerName2
    """ The second name as parsed. """
    notes: list[str]
    prediction: bool
    """ True: the difference is material. """
    profile: str
    reason: str
    """ One plain sentence. """
    rules_version: str
    steps: list[Any]
    """ From as received to as normalised. """
    verdict: VerdictEnum
    """ * `immaterial` - immaterial
    * `review` - review
    * `material` - material """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.answer_contributions import AnswerContributions # noqa: PLC0415
        from ..models.answer_name_1 import AnswerName1 # noqa: PLC0415
        from ..models.answer_name_2 import AnswerName2 # noqa: PLC0415
        from ..models.difference import Difference # noqa: PLC0415
        from ..models.experiment_arm import ExperimentArm # noqa: PLC0415
        from ..models.model import Model # noqa: PLC0415
        cached = self.cached

        confidence = self.confidence

        contributions = self.contributions.to_dict()

        created_at = self.created_at.isoformat()

        decided_by = self.decided_by

        differences = []
        for differences_item_data in self.differences:
            differences_item = differences_item_data.to_dict()
            differences.append(differences_item)



        disclaimer = self.disclaimer

        experiment: dict[str, Any] | None
        if isinstance(self.experiment, ExperimentArm):
            experiment = self.experiment.to_dict()
        else:
            experiment = self.experiment

        id = str(self.id)

        kind = self.kind

        material_probability = self.material_probability

        missing_fact: None | str
        missing_fact = self.missing_fact

        model = self.model.to_dict()

        name1 = self.name1.to_dict()

        name2 = self.name2.to_dict()

        notes = self.notes



        prediction = self.prediction

        profile = self.profile

        reason = self.reason

        rules_version = self.rules_version

        steps = self.steps



        verdict: str = self.verdict


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "cached": cached,
            "confidence": confidence,
            "contributions": contributions,
            "created_at": created_at,
            "decided_by": decided_by,
            "differences": differences,
            "disclaimer": disclaimer,
            "experiment": experiment,
            "id": id,
            "kind": kind,
            "material_probability": material_probability,
            "missing_fact": missing_fact,
            "model": model,
            "name1": name1,
            "name2": name2,
            "notes": notes,
            "prediction": prediction,
            "profile": profile,
            "reason": reason,
            "rules_version": rules_version,
            "steps": steps,
            "verdict": verdict,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.answer_contributions import AnswerContributions # noqa: PLC0415
        from ..models.answer_name_1 import AnswerName1 # noqa: PLC0415
        from ..models.answer_name_2 import AnswerName2 # noqa: PLC0415
        from ..models.difference import Difference # noqa: PLC0415
        from ..models.experiment_arm import ExperimentArm # noqa: PLC0415
        from ..models.model import Model # noqa: PLC0415
        d = dict(src_dict)
        cached = d.pop("cached")

        confidence = d.pop("confidence")

        contributions = AnswerContributions.from_dict(d.pop("contributions"))




        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        decided_by = d.pop("decided_by")

        differences = []
        _differences = d.pop("differences")
        for differences_item_data in (_differences):
            differences_item = Difference.from_dict(differences_item_data)



            differences.append(differences_item)


        disclaimer = d.pop("disclaimer")

        def _parse_experiment(data: object) -> ExperimentArm | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                experiment_type_1 = ExperimentArm.from_dict(data)



                return experiment_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ExperimentArm | None, data)

        experiment = _parse_experiment(d.pop("experiment"))


        id = UUID(d.pop("id"))




        kind = d.pop("kind")

        material_probability = d.pop("material_probability")

        def _parse_missing_fact(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        missing_fact = _parse_missing_fact(d.pop("missing_fact"))


        model = Model.from_dict(d.pop("model"))




        name1 = AnswerName1.from_dict(d.pop("name1"))




        name2 = AnswerName2.from_dict(d.pop("name2"))




        notes = cast(list[str], d.pop("notes"))


        prediction = d.pop("prediction")

        profile = d.pop("profile")

        reason = d.pop("reason")

        rules_version = d.pop("rules_version")

        steps = cast(list[Any], d.pop("steps"))


        verdict = check_verdict_enum(d.pop("verdict"))




        answer = cls(
            cached=cached,
            confidence=confidence,
            contributions=contributions,
            created_at=created_at,
            decided_by=decided_by,
            differences=differences,
            disclaimer=disclaimer,
            experiment=experiment,
            id=id,
            kind=kind,
            material_probability=material_probability,
            missing_fact=missing_fact,
            model=model,
            name1=name1,
            name2=name2,
            notes=notes,
            prediction=prediction,
            profile=profile,
            reason=reason,
            rules_version=rules_version,
            steps=steps,
            verdict=verdict,
        )


        answer.additional_properties = d
        return answer

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
