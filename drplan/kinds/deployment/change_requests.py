"""How changes of a deployment read as change requests, where the platform has them approved (API reference 2.11)."""

from drplan.registry.kinds import ChangeRequestRoutes
from drplan.registry.rows import ChangeRequest

IMPORTANCE = ChangeRequest("deployment", "update", "changeImportance", change={"importance": "importance"}, apart=True)
CONFIGURATION = ChangeRequest(
    "deploymentConfig",
    "update",
    "updateSecondaryDatasetConfig",
    change={"secondaryDatasetConfigId": "secondaryDatasetsConfigId"},
)
MODEL = ChangeRequest(
    "deploymentModel",
    "update",
    "replaceModelPackage",
    change={"modelPackageId": "modelPackageId", "reason": "replacementReason"},
    rivals=("replaceModel",),
)
STATUS = ChangeRequest("deploymentStatus", "update", "changeStatus", change={"status": "status"})
ROUTES = ChangeRequestRoutes(
    requests_path="changeRequests/",
    match_path="approvalPolicyMatch/",
    entity="deployment",
    opened=("openedChangeRequests", "governance.hasOpenedChangeRequests"),
    standing="approvalStatus",
    waiting="PENDING",
    delete=ChangeRequest("deployment", "delete", "delete", constant={"ignoreManagementAgent": False}),
)
