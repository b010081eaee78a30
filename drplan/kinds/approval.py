"""How changes of a deployment read as change requests, where the platform has them approved (API reference 2.11)."""

from drplan.registry.kinds import Approval
from drplan.registry.rows import Petition

IMPORTANCE = Petition("deployment", "update", "changeImportance", change={"importance": "importance"}, apart=True)
CONFIGURATION = Petition(
    "deploymentConfig",
    "update",
    "updateSecondaryDatasetConfig",
    change={"secondaryDatasetConfigId": "secondaryDatasetsConfigId"},
)
MODEL = Petition(
    "deploymentModel",
    "update",
    "replaceModelPackage",
    change={"modelPackageId": "modelPackageId", "reason": "replacementReason"},
    rivals=("replaceModel",),
)
STATUS = Petition("deploymentStatus", "update", "changeStatus", change={"status": "status"})
APPROVAL = Approval(
    requests_path="changeRequests/",
    match_path="approvalPolicyMatch/",
    entity="deployment",
    opened=("openedChangeRequests", "governance.hasOpenedChangeRequests"),
    standing="approvalStatus",
    waiting="PENDING",
    delete=Petition("deployment", "delete", "delete", constant={"ignoreManagementAgent": False}),
)
